// JavaScript example
fetch('http://localhost:3000/users', {
  method: 'POST',
  headers: {
    'Authorization': 'Bearer your-token-here',
    'Content-Type': 'application/json'
  },
  body: JSON.stringify({
    firstName: 'John',
    lastName: 'Doe',
    contactEmail: 'john.doe@example.com'
  })
})
.then(response => response.json())
.then(data => console.log(data));

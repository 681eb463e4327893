# Python example
import requests

url = "http://localhost:3000/users"
headers = {
    "Authorization": "Bearer your-token-here",
    "Content-Type": "application/json"
}
data = {
    "firstName": "John",
    "lastName": "Doe",
    "contactEmail": "john.doe@example.com"
}

response = requests.post(url, headers=headers, json=data)
print(response.json())

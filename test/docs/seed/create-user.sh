# cURL example
curl -X POST http://localhost:3000/users \
  -H "Authorization: Bearer your-token-here" \
  -H "Content-Type: application/json" \
  -d '{
    "firstName": "John",
    "lastName": "Doe",
    "contactEmail": "john.doe@example.com"
  }'

/* global SwaggerUIBundle */

SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // The default would send the document's address to a server of Swagger's.
  validatorUrl: null,
});

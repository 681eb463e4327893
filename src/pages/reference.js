/* global SwaggerUIBundle */

SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // The default sends the URL of the document to a server of Swagger.
  validatorUrl: null,
});

// What stands behind the # is sent nowhere until the button is pressed.
function fillIn() {
  const token = location.hash.slice(1);
  if (token === '') return;
  const form = document.querySelector('form');
  form.elements.namedItem('token').value = token;
  form.classList.add('filled');
}

fillIn();
// Another link that is opened in the same window only changes what stands there.
addEventListener('hashchange', fillIn);

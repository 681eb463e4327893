// What stands behind the # is sent nowhere until the button is pressed.
const token = location.hash.slice(1);
if (token !== '') {
  const form = document.querySelector('form');
  form.elements.namedItem('token').value = token;
  form.classList.add('filled');
}

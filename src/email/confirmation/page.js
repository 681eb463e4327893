// The fragment is not sent to the server until the form is submitted.
function fillInToken() {
  const token = location.hash.slice(1);
  if (token === '') return;
  const form = document.querySelector('form');
  form.elements.namedItem('token').value = token;
  form.classList.add('filled');
}

fillInToken();
// Opening another link in the same window changes only the fragment and does not load the page again.
addEventListener('hashchange', fillInToken);

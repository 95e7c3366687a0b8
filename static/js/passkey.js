// Passkeys: the page holds a question, the device answers it, and the form carries the answer to the server.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const called = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));

export function start() {
  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) offer(form);
}

function offer(form) {
  const question = JSON.parse(form.dataset.question);
  const answer = form.elements.answer;
  const trouble = form.querySelector("[data-passkey-trouble]");
  form.hidden = false;
  for (const without of document.querySelectorAll("[data-passkey-without]")) without.hidden = true;
  form.addEventListener("submit", async (event) => {
    if (answer.value || form.elements.name?.value === "") return; // a form without a name is sent back by the server
    event.preventDefault();
    trouble.hidden = true;
    try {
      answer.value = JSON.stringify(await (form.dataset.passkey === "make" ? make(question) : use(question)));
      form.requestSubmit();
    } catch {
      trouble.hidden = false; // the person said no, waited too long, or the device has no such key
    }
  });
}

async function make(question) {
  const key = await navigator.credentials.create({
    publicKey: {
      ...question,
      challenge: bytes(question.challenge),
      user: { ...question.user, id: bytes(question.user.id) },
      excludeCredentials: called(question.excludeCredentials),
    },
  });
  const { clientDataJSON, attestationObject } = key.response;
  return told(key, { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) });
}

async function use(question) {
  const key = await navigator.credentials.get({
    publicKey: { ...question, challenge: bytes(question.challenge), allowCredentials: called(question.allowCredentials) },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = key.response;
  return told(key, {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    ...(userHandle ? { userHandle: text(userHandle) } : {}),
  });
}

const told = (key, response) => ({ id: key.id, rawId: text(key.rawId), type: key.type, response, clientExtensionResults: {} });

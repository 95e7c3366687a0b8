// A strict, certified provider (npm oidc-provider) on the loopback: `node provider.mjs PORT CALLBACK AFTER`.
// Its sign-in form is its own development page; PKCE is required, and the client proves itself by POST.
import { Provider } from "oidc-provider";

const [port, callback, after] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{
    client_id: "kokoroe", client_secret: "a secret that is long enough for anybody", redirect_uris: [callback],
    post_logout_redirect_uris: [after],
    token_endpoint_auth_method: "client_secret_post", response_types: ["code"], grant_types: ["authorization_code"],
  }],
  pkce: { required: () => true },
  claims: { openid: ["sub"], email: ["email"], profile: ["given_name", "family_name"] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, given_name: "Camille", family_name: "Roux", email: `${id}@region.example` }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));

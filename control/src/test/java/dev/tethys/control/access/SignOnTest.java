package dev.tethys.control.access;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.control.FleetCase;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Users of an OpenID Connect issuer. */
@Timeout(120)
@Tag("slow")
class SignOnTest extends FleetCase {
  private static final long NOW = 1_800_000_000_000L;

  private final AtomicLong millis = new AtomicLong(NOW);
  private final AtomicInteger reads = new AtomicInteger();
  private static final KeyPair RSA = pair("RSA");
  private static final KeyPair EC = pair("EC");
  private static final KeyPair LATER = pair("RSA");
  private volatile boolean rotated;
  private HttpListener listener;
  private SignOn signOn;

  private static KeyPair pair(String kind) {
    try {
      KeyPairGenerator g = KeyPairGenerator.getInstance(kind);
      if (kind.equals("EC")) {
        g.initialize(new ECGenParameterSpec("secp256r1"));
      } else {
        g.initialize(2048);
      }
      return g.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private String issuer() {
    return "http://127.0.0.1:" + listener.port();
  }

  @Override
  public @BeforeEach void start() throws IOException {
    Routes routes =
        new Routes()
            .get(
                "/.well-known/openid-configuration",
                (q, r) ->
                    send(r, body().put("issuer", issuer()).put("jwks_uri", issuer() + "/keys")))
            .get(
                "/keys",
                (q, r) -> {
                  reads.incrementAndGet();
                  send(r, keys());
                });
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
    signOn =
        new SignOn(
            new SignOn.Settings(URI.create(issuer()), "ctl", "groups", "tethys-", "scope"),
            () -> Instant.ofEpochMilli(millis.get()));
    start(0, Tokens.NONE.with(signOn));
  }

  @AfterEach
  void close() {
    listener.close();
  }

  private static void send(HttpResponse r, ObjectNode n) throws IOException {
    r.send("application/json", n.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static String number(BigInteger n) {
    byte[] b = n.toByteArray();
    int from = b.length > 1 && b[0] == 0 ? 1 : 0;
    return base64(java.util.Arrays.copyOfRange(b, from, b.length));
  }

  private static String base64(byte[] b) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(b);
  }

  private ObjectNode keys() {
    ObjectNode out = body();
    ArrayNode keys = out.putArray("keys");
    RSAPublicKey r = (RSAPublicKey) (rotated ? LATER : RSA).getPublic();
    keys.addObject()
        .put("kty", "RSA")
        .put("kid", rotated ? "second" : "first")
        .put("n", number(r.getModulus()))
        .put("e", number(r.getPublicExponent()));
    ECPublicKey e = (ECPublicKey) EC.getPublic();
    keys.addObject()
        .put("kty", "EC")
        .put("crv", "P-256")
        .put("kid", "curve")
        .put("x", number(e.getW().getAffineX()))
        .put("y", number(e.getW().getAffineY()));
    keys.addObject().put("kty", "oct").put("kid", "shared").put("k", "c2VjcmV0");
    return out;
  }

  private ObjectNode claims(String group) {
    ObjectNode c = body().put("iss", issuer()).put("sub", "u1").put("email", "ada@example.org");
    c.put("exp", NOW / 1000 + 300).put("scope", "env=prod");
    c.putArray("aud").add("other").add("ctl");
    c.putArray("groups").add("staff").add(group);
    return c;
  }

  private static String token(String algorithm, String kid, KeyPair with, ObjectNode claims) {
    String text =
        base64(bytes(body().put("alg", algorithm).put("kid", kid))) + "." + base64(bytes(claims));
    try {
      Signature s =
          Signature.getInstance(
              algorithm.equals("ES256") ? "SHA256withECDSAinP1363Format" : "SHA256withRSA");
      s.initSign(with.getPrivate());
      s.update(text.getBytes(StandardCharsets.US_ASCII));
      return text + "." + base64(s.sign());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] bytes(ObjectNode n) {
    return n.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void refused(String token, String why) {
    assertThatThrownBy(() -> signOn.verify(token))
        .isInstanceOf(SignOn.RefusedException.class)
        .hasMessageContaining(why);
  }

  @Test
  void usersHaveRoleAndScopeOfTheirClaims() throws Exception {
    SignOn.User u = signOn.verify(token("RS256", "first", RSA, claims("tethys-operator")));
    assertThat(u.name()).isEqualTo("ada@example.org");
    assertThat(u.role()).isEqualTo(Tokens.Role.OPERATOR);
    assertThat(u.scope().toString()).isEqualTo("env=prod");
    assertThat(signOn.verify(token("ES256", "curve", EC, claims("tethys-viewer"))).role())
        .isEqualTo(Tokens.Role.VIEWER);
    ObjectNode admin = claims("tethys-admin");
    admin.remove("scope");
    assertThat(signOn.verify(token("RS256", "first", RSA, admin)).scope().toString()).isEmpty();
    assertThat(reads).hasValue(1);
  }

  @Test
  void rejectsTokensOfOtherIssuers() {
    refused(token("RS256", "first", LATER, claims("tethys-admin")), "signature is wrong");
    refused(token("ES256", "first", EC, claims("tethys-admin")), "signature is wrong");
    refused(token("RS256", "shared", RSA, claims("tethys-admin")), "key shared");
    String none = base64(bytes(body().put("alg", "none"))) + "." + base64(bytes(claims("x"))) + ".";
    refused(none, "\"none\" is not supported");
    refused(
        token("RS256", "first", RSA, claims("tethys-admin").put("iss", "http://evil")), "issuer");
    refused(token("RS256", "first", RSA, claims("tethys-admin").put("aud", "other")), "audience");
    refused(token("RS256", "first", RSA, claims("admin")), "none of the roles");
    refused(token("RS256", "first", RSA, claims("tethys-agent")), "none of the roles");
    ObjectNode unlimited = claims("tethys-operator");
    unlimited.remove("scope");
    refused(token("RS256", "first", RSA, unlimited), "claim scope is missing");
    refused(
        token("RS256", "first", RSA, claims("tethys-admin").put("nbf", NOW / 1000 + 90)),
        "not valid yet");
    String ended = token("RS256", "first", RSA, claims("tethys-admin"));
    millis.addAndGet(360_000);
    refused(ended, "expired");
    refused("a.b.c", "header");
  }

  @Test
  void rereadsKeysForUnknownOnesButNotForEachToken() throws Exception {
    signOn.verify(token("RS256", "first", RSA, claims("tethys-admin")));
    rotated = true;
    refused(token("RS256", "second", LATER, claims("tethys-admin")), "key second");
    assertThat(reads).hasValue(1);
    millis.addAndGet(11_000);
    assertThat(signOn.verify(token("RS256", "second", LATER, claims("tethys-admin"))).name())
        .isEqualTo("ada@example.org");
    refused(token("RS256", "first", RSA, claims("tethys-admin")), "key first");
    assertThat(reads).hasValue(2);
  }

  @Test
  void usesKeysForADayWhileTheIssuerIsDown() throws Exception {
    ObjectNode claims = claims("tethys-admin").put("exp", NOW / 1000 + 200_000);
    String token = token("RS256", "first", RSA, claims);
    signOn.verify(token);
    listener.close();
    millis.addAndGet(2 * 3_600_000);
    signOn.verify(token);
    millis.addAndGet(1_000);
    signOn.verify(token);
    millis.addAndGet(22 * 3_600_000);
    refused(token, "key first");
  }

  @Test
  void apiAcceptsTokensOfTheIssuer() throws Exception {
    assertThat(status("GET", "")).isEqualTo(401);
    assertThat(status("GET", "x.y.z")).isEqualTo(401);
    String viewer = token("RS256", "first", RSA, claims("tethys-viewer"));
    assertThat(status("GET", viewer)).isEqualTo(200);
    assertThat(status("POST", viewer)).isEqualTo(403);
    assertThat(status("POST", token("RS256", "first", RSA, claims("tethys-operator"))))
        .isEqualTo(422);
  }

  private int status(String method, String token) throws Exception {
    return requireNonNull(http)
        .send(
            HttpRequest.newBuilder(uri(method.equals("GET") ? "/agents" : "/configurations"))
                .header("Authorization", "Bearer " + token)
                .method(
                    method,
                    method.equals("GET")
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(
                            JsonMapper.shared()
                                .createObjectNode()
                                .put("name", "edge")
                                .put("text", "receivers: 1")
                                .put("reason", "test")
                                .toString()))
                .build(),
            java.net.http.HttpResponse.BodyHandlers.ofString())
        .statusCode();
  }
}

package dev.tethys.pipeline.exporter.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Secret;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.client.WebSocketAddress;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebSocketStreams;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Logins at AWS IoT against a double made of AWS's developer guide ("Device communication
 * protocols", "Connecting to AWS IoT Core by using custom authentication"). Signatures are compared
 * with those of AWS's library for Python, and computed once more by the double.
 */
@Timeout(60)
@Tag("slow")
class AwsIotTest {
  private static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  private static final String HOST = "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com";

  /** The token that the documentation's authorizer would find under {@code token-key}. */
  private static final String TOKEN = "a token/with=signs & spaces";

  @TempDir Path dir;
  private final HttpClientFactory clients = new HttpClientFactory("tethys/test");
  private TestCertificates certificates;
  private KeyPair authorizer;

  @BeforeEach
  void keys() throws Exception {
    certificates = new TestCertificates(dir);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    KeyPairGenerator g = KeyPairGenerator.getInstance("RSA");
    g.initialize(2048);
    authorizer = g.generateKeyPair();
  }

  @AfterEach
  void close() {
    clients.close();
  }

  private static MqttSettings settings(String yaml) {
    return MqttSettings.TYPE.read(YamlDocument.parse("c.yaml", null, yaml).root());
  }

  private static Map<String, String> parameters(String path) {
    Map<String, String> out = new TreeMap<>();
    for (String p : path.substring(path.indexOf('?') + 1).split("&")) {
      String[] kv = p.split("=", 2);
      out.put(kv[0], URLDecoder.decode(kv[1], UTF_8));
    }
    return out;
  }

  private IotSignature signature(String region, String session) {
    AwsCredentials.Settings keys =
        new AwsCredentials.Settings(
            region, "AKIDEXAMPLE", new Secret(SECRET), new Secret(session), "", "", "", false);
    return new IotSignature(
        region,
        IotSignature.SERVICE,
        new AwsCredentials(
            keys,
            new CredentialDependencies(
                call -> {
                  throw new IOException("nobody is asked");
                },
                Instant::now,
                name -> null)),
        () -> Instant.parse("2026-11-22T07:45:00Z"));
  }

  /** Expected are botocore 1.43's {@code SigV4QueryAuth} with the same keys, time and address. */
  @Test
  void signsLikeAws() throws Exception {
    WebSocketAddress at = new WebSocketAddress(HOST, "/mqtt", "mqtt", Map.of());
    WebSocketAddress signed = signature("", "").sign(at);
    assertThat(signed.authority()).isEqualTo(HOST);
    assertThat(signed.path())
        .isEqualTo(
            "/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Feu-central-1%2Fiotdevicegateway%2Faws4_request"
                + "&X-Amz-Date=20261122T074500Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=e64351f1f71dc7ee26b20ad2beb913c51b3d3ecf8c49151c39ce339cd76e21f0");
    assertThat(signature("eu-central-1", "a/session+token==").sign(at).path())
        .isEqualTo(signed.path() + "&X-Amz-Security-Token=a%2Fsession%2Btoken%3D%3D");
    assertThat(signature("", "").sign(at.withPath("/mqtt?x-tenant=a%20b%2Fc")).path())
        .contains("x-tenant=a%20b%2Fc")
        .endsWith("=694a17740d74629b6b13fc9ce036b946517c994731c2698fd48a58b0d6096808");
  }

  /** A broker that lets in clients that prove their identity in either of two ways. */
  private static final class Broker implements AutoCloseable {
    final List<String> messages = new CopyOnWriteArrayList<>();
    private final SSLServerSocket at;
    private final @Nullable PublicKey authorizer;
    private final String offer;

    /**
     * @param authorizer whose key signs tokens; null for WebSockets with AWS keys
     * @param offer required ALPN protocol; "" for none
     */
    Broker(TestCertificates certificates, @Nullable PublicKey authorizer, String offer)
        throws IOException, GeneralSecurityException {
      this.authorizer = authorizer;
      this.offer = offer;
      at =
          (SSLServerSocket)
              certificates
                  .context("server")
                  .getServerSocketFactory()
                  .createServerSocket(0, 5, InetAddress.getLoopbackAddress());
      Thread.ofVirtual()
          .start(
              () -> {
                while (!at.isClosed()) {
                  try (SSLSocket s = (SSLSocket) at.accept()) {
                    serve(s);
                  } catch (Exception e) {
                    // the client has the last word
                  }
                }
              });
    }

    int port() {
      return at.getLocalPort();
    }

    private void serve(SSLSocket s) throws Exception {
      s.setHandshakeApplicationProtocolSelector(
          (socket, offered) ->
              offer.isEmpty() ? "" : offered.equals(List.of(offer)) ? offer : null);
      s.startHandshake();
      DataInputStream in = new DataInputStream(s.getInputStream());
      if (authorizer == null) {
        if (upgraded(in, s.getOutputStream())) {
          talk(new DataInputStream(new Frames(in)), new FramedOutput(s.getOutputStream()));
        }
      } else {
        talk(in, s.getOutputStream());
      }
    }

    private static boolean upgraded(DataInputStream in, OutputStream out) throws Exception {
      String target = line(in).split(" ")[1];
      Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      for (String l = line(in); !l.isEmpty(); l = line(in)) {
        headers.put(l.substring(0, l.indexOf(':')), l.substring(l.indexOf(':') + 1).strip());
      }
      if (!isSigned(target, String.valueOf(headers.get("Host")))) {
        out.write("HTTP/1.1 403 Forbidden\r\n\r\n".getBytes(UTF_8));
        return false;
      }
      assertThat(headers).containsEntry("Sec-WebSocket-Protocol", "mqtt");
      out.write(
          ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  + "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: "
                  + WebSocketStreams.accept(String.valueOf(headers.get("Sec-WebSocket-Key")))
                  + "\r\n\r\n")
              .getBytes(UTF_8));
      return true;
    }

    /** Signature Version 4 of a query, as the User Guide of IAM has it. */
    private static boolean isSigned(String target, String host) throws Exception {
      Map<String, String> p = parameters(target);
      String canonical =
          "GET\n/mqtt\n"
              + String.join(
                  "&",
                  Arrays.stream(target.substring(target.indexOf('?') + 1).split("&"))
                      .filter(
                          x ->
                              !x.startsWith("X-Amz-Signature=")
                                  && !x.startsWith("X-Amz-Security-Token="))
                      .sorted()
                      .toList())
              + "\nhost:"
              + host
              + "\n\nhost\n"
              + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
      String[] who = p.getOrDefault("X-Amz-Credential", "/").split("/", 2);
      byte[] sum = MessageDigest.getInstance("SHA-256").digest(canonical.getBytes(UTF_8));
      String signed =
          "AWS4-HMAC-SHA256\n"
              + p.get("X-Amz-Date")
              + "\n"
              + who[1]
              + "\n"
              + HexFormat.of().formatHex(sum);
      byte[] key = ("AWS4" + SECRET).getBytes(UTF_8);
      for (String part : (who[1] + "/" + signed).split("/", 5)) {
        // The text that is signed has slashes too, but is the last part.
        Mac m = Mac.getInstance("HmacSHA256");
        m.init(new SecretKeySpec(key, "x"));
        key = m.doFinal(part.getBytes(UTF_8));
      }
      return who[0].equals("AKIDEXAMPLE")
          && who[1].endsWith("/eu-central-1/iotdevicegateway/aws4_request")
          && HexFormat.of().formatHex(key).equals(p.get("X-Amz-Signature"));
    }

    private static String line(InputStream in) throws IOException {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (int b = in.read(); b != '\n'; b = in.read()) {
        if (b < 0) {
          throw new IOException("it ends");
        }
        out.write(b);
      }
      return out.toString(UTF_8).stripTrailing();
    }

    private static byte[] packet(DataInputStream in, int first) throws IOException {
      assertThat(in.readUnsignedByte() & 0xf0).isEqualTo(first);
      int n = 0;
      for (int shift = 0; ; shift += 7) {
        int b = in.readUnsignedByte();
        n |= (b & 127) << shift;
        if (b < 128) {
          return in.readNBytes(n);
        }
      }
    }

    private void talk(DataInputStream in, OutputStream out) throws Exception {
      ByteBuffer connect = ByteBuffer.wrap(packet(in, 0x10));
      connect.position(connect.position() + 6); // MQTT
      assertThat(connect.get()).isEqualTo((byte) 4);
      int flags = connect.get();
      connect.getShort();
      assertThat(text(connect)).startsWith("tethys");
      String user = (flags & 0x80) == 0 ? "" : text(connect);
      if (authorizer != null && !isLetIn(user, (flags & 0x40) == 0 ? "" : text(connect))) {
        out.write(new byte[] {0x20, 2, 0, 5});
        return;
      }
      out.write(new byte[] {0x20, 2, 0, 0});
      while (true) {
        ByteBuffer publish = ByteBuffer.wrap(packet(in, 0x30));
        String topic = text(publish);
        byte[] id = new byte[2];
        publish.get(id);
        messages.add(topic + " " + UTF_8.decode(publish));
        out.write(new byte[] {0x40, 2, id[0], id[1]});
      }
    }

    private static String text(ByteBuffer b) {
      byte[] out = new byte[b.getShort()];
      b.get(out);
      return new String(out, UTF_8);
    }

    private boolean isLetIn(String user, String password) throws Exception {
      Map<String, String> p = parameters(user);
      Signature s = Signature.getInstance("SHA256withRSA");
      s.initVerify(authorizer);
      s.update(p.getOrDefault("token-key", "").getBytes(UTF_8));
      return user.startsWith("device?")
          && password.equals("secret")
          && "tokens".equals(p.get("x-amz-customauthorizer-name"))
          && s.verify(
              Base64.getDecoder().decode(p.getOrDefault("x-amz-customauthorizer-signature", "")));
    }

    @Override
    public void close() throws IOException {
      at.close();
    }
  }

  /** Contents of frames that a client masks. */
  private static final class Frames extends InputStream {
    private final DataInputStream in;
    private byte[] content = {};
    private int next;

    Frames(DataInputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      while (next == content.length) {
        assertThat(in.readUnsignedByte()).isEqualTo(0x82);
        int n = in.readUnsignedByte() & 127;
        n = n == 126 ? in.readUnsignedShort() : n;
        byte[] mask = in.readNBytes(4);
        content = in.readNBytes(n);
        for (int i = 0; i < n; i++) {
          content[i] ^= mask[i & 3];
        }
        next = 0;
      }
      return content[next++] & 0xff;
    }
  }

  /** A frame for each write, of at most 125 bytes. */
  private static final class FramedOutput extends OutputStream {
    private final OutputStream out;

    FramedOutput(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] b, int off, int len) throws IOException {
      out.write(new byte[] {(byte) 0x82, (byte) len});
      out.write(b, off, len);
    }
  }

  private String published(Broker broker, String endpoint) throws IOException {
    String yaml =
        "{protocol_version: 3.1.1, timeout: 20s, tls: {ca_file: '%s'}, endpoint: '%s}"
            .formatted(certificates.ca(), endpoint.formatted(broker.port()));
    try (MqttClient c = new MqttClient(settings(yaml), clients)) {
      assertThat(c.publish("telemetry/metrics", "", "", "up 1".getBytes(UTF_8)))
          .isEqualTo(SendResult.DELIVERED);
      assertThat(c.publish("telemetry/metrics", "", "", new byte[0]))
          .isEqualTo(SendResult.DELIVERED);
    }
    return String.join("|", broker.messages);
  }

  @Test
  void opensAWebSocketWithASignature() throws Exception {
    try (Broker broker = new Broker(certificates, null, "")) {
      String keys =
          "wss://localhost:%%d/mqtt', sigv4: {region: eu-central-1, access_key: AKIDEXAMPLE,"
              + " secret_key: '%s'}";
      assertThat(published(broker, keys.formatted(SECRET)))
          .isEqualTo("telemetry/metrics up 1|telemetry/metrics ");
      assertThatThrownBy(() -> published(broker, keys.formatted("another")))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("opens no WebSocket: HTTP status 403");
    }
  }

  @Test
  void passesTheTokenToAnAuthorizer() throws Exception {
    Signature s = Signature.getInstance("SHA256withRSA");
    s.initSign(authorizer.getPrivate());
    s.update(TOKEN.getBytes(UTF_8));
    String signature = Base64.getEncoder().encodeToString(s.sign());
    try (Broker broker = new Broker(certificates, authorizer.getPublic(), "mqtt")) {
      String who =
          "mqtts://localhost:%%d', alpn: mqtt, username: device, password: secret,"
              + " custom_authorizer: {name: tokens, token_key_name: token-key, token: '%s',"
              + " token_signature: '%s'}";
      assertThat(published(broker, who.formatted(TOKEN, signature)))
          .isEqualTo("telemetry/metrics up 1|telemetry/metrics ");
      assertThatThrownBy(() -> published(broker, who.formatted("another", signature)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("not authorized")
          .hasMessageNotContaining("another");
      assertThatThrownBy(
              () ->
                  published(
                      broker, who.formatted(TOKEN, signature).replace("alpn: mqtt", "alpn: h2")))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void appendsAuthorizerParameters() {
    assertThat(
            settings(
                    "{endpoint: 'mqtts://a:443', custom_authorizer: {name: n, token_key_name: k,"
                        + " token: t, token_signature: 'a+b/c=='}}")
                .username())
        .isEqualTo(
            "?x-amz-customauthorizer-name=n&x-amz-customauthorizer-signature=a%2Bb%2Fc%3D%3D&k=t");
    assertThat(settings("{endpoint: 'mqtts://a', username: u, custom_authorizer: {}}").username())
        .isEqualTo("u");
    assertThat(settings("{endpoint: 'mqtts://a:443', custom_authorizer: {}}").alpn())
        .containsExactly("mqtt");
    assertThat(settings("{endpoint: 'mqtts://a:443'}").alpn()).isEmpty();
  }

  @Test
  void omitsTheDefaultPortFromTheSignature() {
    assertThat(host("wss://a:443")).isEqualTo("a");
    assertThat(host("wss://a:8443")).isEqualTo("a:8443");
  }

  private static String host(String endpoint) {
    WebSocketAddress at = settings("{endpoint: '" + endpoint + "', sigv4: {}}").webSocket();
    return at == null ? "" : at.authority();
  }

  @Test
  void rejectsConflictingSettings() {
    for (String wrong :
        List.of(
            "{endpoint: 'ws://a', sigv4: {}}",
            "{endpoint: 'mqtts://a', sigv4: {}}",
            "{endpoint: 'wss://a', sigv4: {}, username: u}",
            "{endpoint: 'wss://a', sigv4: {}, custom_authorizer: {name: n}}",
            "{endpoint: 'wss://a', sigv4: {access_key: a}}",
            "{endpoint: 'mqtt://a', custom_authorizer: {name: n}}",
            "{endpoint: 'mqtts://a', custom_authorizer: {token: t}}",
            "{endpoint: 'mqtts://a', custom_authorizer: {token_signature: t}}",
            "{endpoint: 'wss://a', alpn: mqtt}",
            "{endpoint: 'mqtts://a', custom_authorizer: {name: n}, username: u, password: p,"
                + " enhanced_authentication: SCRAM-SHA-1}")) {
      assertThatThrownBy(() -> settings(wrong)).as(wrong).isInstanceOf(ConfigException.class);
    }
  }
}

package dev.tethys.pipeline.exporter.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.mqtt.MqttPackets;
import dev.tethys.codec.mqtt.MqttPackets.Exchange;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.web.client.HttpClientFactory;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SCRAM by AUTH packets (MQTT 5.0, 4.12) against a broker's side made of the JDK's own PBKDF2. */
class EnhancedAuthenticationTest {
  private static final HttpClientFactory CLIENTS = new HttpClientFactory("tethys/test");
  private static final byte[] SALT = "some salt".getBytes(UTF_8);

  /** One conversation, up to the response to a ping. */
  private record Broker(String hash, String password, boolean isHonest) {
    private byte[] mac(byte[] key, String text) throws GeneralSecurityException {
      Mac m = Mac.getInstance("HmacSHA" + hash);
      m.init(new SecretKeySpec(key, "x"));
      return m.doFinal(text.getBytes(UTF_8));
    }

    private static byte[] packet(DataInputStream in, int first) throws IOException {
      assertThat(in.readUnsignedByte()).isEqualTo(first);
      int n = in.readUnsignedByte();
      if (n > 127) {
        n = n & 127 | in.readUnsignedByte() << 7;
      }
      return in.readNBytes(n);
    }

    private static byte[] accepting(String data) {
      byte[] d = data.getBytes(UTF_8);
      byte[] out = new byte[2 + 3 + 3 + d.length];
      out[0] = 0x20;
      out[1] = (byte) (out.length - 2);
      out[4] = (byte) (d.length + 3);
      out[5] = 0x16;
      out[7] = (byte) d.length;
      System.arraycopy(d, 0, out, 8, d.length);
      return out;
    }

    void talk(Socket s) throws Exception {
      MqttPackets packets = new MqttPackets(true);
      String mechanism = "SCRAM-SHA-" + hash;
      DataInputStream in = new DataInputStream(s.getInputStream());
      OutputStream out = s.getOutputStream();
      String hello = new String(packet(in, 0x10), UTF_8);
      assertThat(hello).contains(mechanism);
      String bare = hello.substring(hello.indexOf("n=user,r="));
      String first = bare.substring(0, "n=user,r=".length() + 32);
      String asked =
          first.substring("n=user,".length())
              + "more,s="
              + Base64.getEncoder().encodeToString(SALT)
              + ",i=4096";
      out.write(
          packets.authenticate(
              new Exchange(MqttPackets.CONTINUE, mechanism, asked.getBytes(UTF_8))));
      String proof = new String(packets.exchange(packet(in, 0xf0)).data(), UTF_8);
      int p = proof.indexOf(",p=");
      String all = first + "," + asked + "," + proof.substring(0, p);
      int bits = hash.equals("1") ? 160 : Integer.parseInt(hash);
      byte[] salted =
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA" + hash)
              .generateSecret(new PBEKeySpec(password.toCharArray(), SALT, 4096, bits))
              .getEncoded();
      byte[] stored = MessageDigest.getInstance("SHA-" + hash).digest(mac(salted, "Client Key"));
      byte[] key = mac(stored, all);
      byte[] sent = Base64.getDecoder().decode(proof.substring(p + 3));
      for (int i = 0; i < key.length; i++) {
        key[i] ^= sent[i];
      }
      if (!MessageDigest.isEqual(MessageDigest.getInstance("SHA-" + hash).digest(key), stored)) {
        out.write(new byte[] {0x20, 3, 0, (byte) 0x86, 0});
        return;
      }
      String own = Base64.getEncoder().encodeToString(mac(mac(salted, "Server Key"), all));
      out.write(accepting(isHonest ? "v=" + own : "v=AAAA"));
      packet(in, 0xc0);
      out.write(new byte[] {(byte) 0xd0, 0});
    }
  }

  private static String connected(Broker broker) throws Exception {
    try (ServerSocket at = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (Socket s = at.accept()) {
                  broker.talk(s);
                } catch (Exception e) {
                  // the client has the last word
                }
              });
      String yaml =
          "{endpoint: 'mqtt://127.0.0.1:%d', username: user, password: pencil,"
                  .formatted(at.getLocalPort())
              + " enhanced_authentication: SCRAM-SHA-"
              + broker.hash
              + "}";
      try (MqttClient c = new MqttClient(settings(yaml), CLIENTS)) {
        return c.connect();
      }
    }
  }

  private static MqttSettings settings(String yaml) {
    return MqttSettings.TYPE.read(YamlDocument.parse("c.yaml", null, yaml).root());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "256", "512"})
  void bothSidesProveTheyKnowThePassword(String hash) throws Exception {
    assertThat(connected(new Broker(hash, "pencil", true))).contains("MQTT 5");
    assertThatThrownBy(() -> connected(new Broker(hash, "pen", true)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("bad username or password");
    assertThatThrownBy(() -> connected(new Broker(hash, "pencil", false)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("did not prove");
  }

  @Test
  void rejectsConflictingSettings() {
    for (String wrong :
        List.of(
            "{enhanced_authentication: SCRAM-SHA-256}",
            "{enhanced_authentication: PLAIN, username: u, password: p}",
            "{enhanced_authentication: GSSAPI-KERBEROS}",
            "{kerberos: {username: u}}",
            "{enhanced_authentication: GSSAPI-KERBEROS, kerberos: {username: u}, protocol_version: 3.1.1}",
            "{enhanced_authentication: SCRAM-SHA-1, username: u, password: p, protocol_version: 3.1.1}")) {
      assertThatThrownBy(() -> settings(wrong)).as(wrong).isInstanceOf(ConfigException.class);
    }
  }
}

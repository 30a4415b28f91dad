package dev.tethys.collect.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Logins that no server here asks for: MySQL 8's plugin, as its documentation describes it. */
@Tag("slow")
@Timeout(60)
final class MysqlLoginTest {
  private static final String PASSWORD = "kühl & geheim";
  private static final byte[] SCRAMBLE = "01234567890123456789".getBytes(StandardCharsets.US_ASCII);

  /** What the double does once the login has come. */
  private enum Memory {
    KNOWS_THE_PASSWORD,
    WANTS_IT_ENCRYPTED,
    SWITCHES_TO_NATIVE,
    SWITCHES_TO_SOMETHING_ELSE
  }

  private static final class Double implements AutoCloseable {
    private final ServerSocket socket;
    private final Memory memory;
    private final Thread thread;
    private volatile String refused = "";
    private int sequence;

    Double(Memory memory) throws IOException {
      this.socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      this.memory = memory;
      this.thread = Thread.ofVirtual().start(this::serve);
    }

    private void serve() {
      try (Socket s = socket.accept()) {
        speak(s);
      } catch (IOException | GeneralSecurityException e) {
        refused = refused.isEmpty() ? String.valueOf(e) : refused;
      }
    }

    private void send(OutputStream out, byte[] content) throws IOException {
      out.write(
          new byte[] {(byte) content.length, (byte) (content.length >> 8), 0, (byte) sequence++});
      out.write(content);
      out.flush();
    }

    private byte[] receive(DataInputStream in) throws IOException {
      int length = in.read() | in.read() << 8 | in.read() << 16;
      sequence = in.read() + 1;
      return in.readNBytes(length);
    }

    private static byte[] sha256(byte[]... parts) throws GeneralSecurityException {
      MessageDigest d = MessageDigest.getInstance("SHA-256");
      for (byte[] p : parts) {
        d.update(p);
      }
      return d.digest();
    }

    private void speak(Socket s) throws IOException, GeneralSecurityException {
      DataInputStream in = new DataInputStream(s.getInputStream());
      OutputStream out = s.getOutputStream();
      ByteArrayOutputStream hello = new ByteArrayOutputStream();
      hello.write(10);
      hello.writeBytes("8.4.0\0".getBytes(StandardCharsets.US_ASCII));
      hello.writeBytes(new byte[] {1, 0, 0, 0});
      hello.write(SCRAMBLE, 0, 8);
      hello.write(0);
      hello.writeBytes(new byte[] {0, (byte) 0x82, 45, 2, 0, 8, 0, 21});
      hello.writeBytes(new byte[10]);
      hello.write(SCRAMBLE, 8, 12);
      hello.write(0);
      hello.writeBytes("caching_sha2_password\0".getBytes(StandardCharsets.US_ASCII));
      send(out, hello.toByteArray());
      byte[] login = receive(in);
      int user = 32;
      int zero = user;
      while (login[zero] != 0) {
        zero++;
      }
      byte[] proof = Arrays.copyOfRange(login, zero + 2, zero + 2 + login[zero + 1]);
      byte[] once = sha256(PASSWORD.getBytes(StandardCharsets.UTF_8));
      byte[] mask = sha256(sha256(once), SCRAMBLE);
      for (int i = 0; i < proof.length; i++) {
        proof[i] ^= mask[i];
      }
      if (!Arrays.equals(proof, once)) {
        refused = "the proof is wrong";
      }
      switch (memory) {
        case KNOWS_THE_PASSWORD -> send(out, new byte[] {1, 3});
        case WANTS_IT_ENCRYPTED -> encrypted(in, out);
        case SWITCHES_TO_NATIVE -> nativePassword(in, out);
        case SWITCHES_TO_SOMETHING_ELSE ->
            send(out, "\u00fedialog\0x".getBytes(StandardCharsets.ISO_8859_1));
      }
      send(out, new byte[] {0, 0, 0, 2, 0, 0, 0});
      in.readAllBytes();
    }

    private void encrypted(DataInputStream in, OutputStream out)
        throws IOException, GeneralSecurityException {
      KeyPairGenerator g = KeyPairGenerator.getInstance("RSA");
      g.initialize(2048);
      KeyPair pair = g.generateKeyPair();
      send(out, new byte[] {1, 4});
      if (!Arrays.equals(receive(in), new byte[] {2})) {
        refused = "did not ask for the key";
      }
      String pem =
          "-----BEGIN PUBLIC KEY-----\n"
              + Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded())
              + "\n-----END PUBLIC KEY-----\n";
      send(out, ("\u0001" + pem).getBytes(StandardCharsets.US_ASCII));
      Cipher c = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
      c.init(Cipher.DECRYPT_MODE, pair.getPrivate());
      byte[] p = c.doFinal(receive(in));
      for (int i = 0; i < p.length; i++) {
        p[i] ^= SCRAMBLE[i % SCRAMBLE.length];
      }
      if (!new String(p, StandardCharsets.UTF_8).equals(PASSWORD + "\0")) {
        refused = "the password is wrong";
      }
    }

    private void nativePassword(DataInputStream in, OutputStream out)
        throws IOException, GeneralSecurityException {
      String other = "abcdefghijklmnopqrst";
      send(
          out,
          ("\u00femysql_native_password\0" + other + "\0").getBytes(StandardCharsets.ISO_8859_1));
      byte[] proof = receive(in);
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      byte[] once = sha1.digest(PASSWORD.getBytes(StandardCharsets.UTF_8));
      byte[] twice = sha1.digest(once);
      sha1.update(other.getBytes(StandardCharsets.US_ASCII));
      byte[] mask = sha1.digest(twice);
      for (int i = 0; i < proof.length; i++) {
        proof[i] ^= mask[i];
      }
      if (!Arrays.equals(proof, once)) {
        refused = "the second proof is wrong";
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static String login(Memory memory) throws IOException {
    Double d = new Double(memory);
    try (d;
        MysqlConnection c =
            MysqlConnection.open(
                new MysqlAddress(
                    null,
                    "127.0.0.1",
                    d.socket.getLocalPort(),
                    "me",
                    new Secret(PASSWORD),
                    null,
                    false,
                    false),
                Deadline.in(Duration.ofSeconds(30)))) {
      c.close(); // the double reads to the end
    }
    return d.refused;
  }

  @Test
  void sendsProofIfServerCachesThePassword() throws Exception {
    assertThat(login(Memory.KNOWS_THE_PASSWORD)).isEmpty();
  }

  @Test
  void encryptsPasswordForOtherServers() throws Exception {
    assertThat(login(Memory.WANTS_IT_ENCRYPTED)).isEmpty();
  }

  @Test
  void serverMayRequestAnotherPlugin() throws Exception {
    assertThat(login(Memory.SWITCHES_TO_NATIVE)).isEmpty();
    assertThatThrownBy(() -> login(Memory.SWITCHES_TO_SOMETHING_ELSE))
        .hasMessageContaining("plugin dialog; supported are")
        .hasMessageNotContaining(PASSWORD);
  }
}

package dev.tethys.pipeline.exporter.mqtt;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Login with a token from a file, read for each connection because issuers replace the file. A
 * broker ends the connection when the token expires, and the next connection uses the new one.
 */
final class MqttTokenLogin implements EnhancedAuthentication {
  /** Method of Azure Event Grid for tokens of Microsoft Entra and others. */
  static final String METHOD = "OAUTH2-JWT";

  private static final long MAX_BYTES = 64 << 10;

  private final String file;

  MqttTokenLogin(String file) {
    this.file = file;
  }

  /**
   * Reads a file without surrounding white space.
   *
   * @throws IOException if it is empty or too large for a token
   */
  static String read(String file) throws IOException {
    Path p = Path.of(file);
    if (Files.size(p) > MAX_BYTES) {
      throw new IOException(
          file + " is too large for a token; the limit is " + MAX_BYTES + " bytes");
    }
    String token = Files.readString(p).strip();
    if (token.isEmpty()) {
      throw new IOException(file + ": the file is empty");
    }
    return token;
  }

  @Override
  public byte[] first() throws IOException {
    return read(file).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] next(byte[] challenge) throws IOException {
    throw new IOException("the broker requires more than the token of " + file);
  }

  @Override
  public void accepted(byte[] last) {
    // the token is all there is
  }
}

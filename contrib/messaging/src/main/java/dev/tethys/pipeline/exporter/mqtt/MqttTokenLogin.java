package dev.tethys.pipeline.exporter.mqtt;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A token of a file, read for each connection, since who issues tokens writes new ones there. A
 * broker ends the connection when a token has expired, and the next one shows what is there then.
 */
final class MqttTokenLogin implements EnhancedAuthentication {
  /** Tokens of Microsoft Entra and others, at Azure Event Grid. */
  static final String METHOD = "OAUTH2-JWT";

  private static final long MAX_BYTES = 64 << 10;

  private final String file;

  MqttTokenLogin(String file) {
    this.file = file;
  }

  /**
   * The content of a file, without spaces around it.
   *
   * @throws IOException when there is nothing, or too much for a token
   */
  static String read(String file) throws IOException {
    Path p = Path.of(file);
    if (Files.size(p) > MAX_BYTES) {
      throw new IOException(file + ": more than " + MAX_BYTES + " bytes are no token");
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
    throw new IOException("the broker asks for more than the token of " + file);
  }

  @Override
  public void accepted(byte[] last) {
    // the token is all there is
  }
}

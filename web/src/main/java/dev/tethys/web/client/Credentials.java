package dev.tethys.web.client;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.HttpClientConfig.Authorization;
import dev.tethys.config.HttpClientConfig.BasicAuth;
import dev.tethys.config.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values of headers from a configuration, files read currently of use. */
final class Credentials {
  /** The largest file of a credential, in bytes. */
  static final int MAX_BYTES = 1 << 20;

  private Credentials() {}

  /** Contents of a file, without surrounding whitespace. */
  static String fromFile(String file, String what) throws IOException {
    Path p = Path.of(file);
    try {
      if (Files.size(p) > MAX_BYTES) {
        throw new IOException("larger than " + MAX_BYTES + " bytes");
      }
      return Files.readString(p, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      String reason =
          e instanceof java.nio.file.NoSuchFileException ? "no such file" : e.getMessage();
      throw new IOException("unable to read " + what + " " + file + ": " + reason, e);
    }
  }

  private static String valueOr(String value, String file, String what) throws IOException {
    return file.isEmpty() ? value : fromFile(file, what);
  }

  /**
   * Returns the authorization header of basic_auth or authorization, or null if neither is given.
   */
  static @Nullable String authorization(HttpClientConfig c) throws IOException {
    BasicAuth b = c.basicAuth();
    if (b != null) {
      return BasicCredentials.header(
          valueOr(b.username(), b.usernameFile(), "basic auth username file"),
          valueOr(b.password().value(), b.passwordFile(), "basic auth password file"));
    }
    Authorization a = c.authorization();
    if (a != null) {
      return a.type()
          + " "
          + valueOr(a.credentials().value(), a.credentialsFile(), "authorization credentials file");
    }
    return null;
  }

  /** Returns the values of the configured headers, in order. */
  static List<Map.Entry<String, String>> headers(HttpClientConfig c) throws IOException {
    List<Map.Entry<String, String>> out = new ArrayList<>();
    for (Map.Entry<String, HttpClientConfig.Header> h : c.headers().entrySet()) {
      for (String v : h.getValue().values()) {
        out.add(Map.entry(h.getKey(), v));
      }
      for (Secret s : h.getValue().secrets()) {
        out.add(Map.entry(h.getKey(), s.value()));
      }
      for (String f : h.getValue().files()) {
        out.add(Map.entry(h.getKey(), fromFile(f, "headers file")));
      }
    }
    return out;
  }
}

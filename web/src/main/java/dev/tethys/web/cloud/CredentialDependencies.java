package dev.tethys.web.cloud;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.config.Redaction;
import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Dependencies of credential lookups.
 *
 * @param caller sends calls, without authentication
 * @param clock current time
 * @param environment variables of the process; null for those that are not set
 */
public record CredentialDependencies(
    Caller caller, InstantSource clock, Function<String, @Nullable String> environment) {
  /** Maximum length of a response. */
  static final int MAX_BYTES = 1 << 20;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Sends a call. */
  @FunctionalInterface
  public interface Caller {
    /** Sends a request and returns the response, which the caller closes. */
    ClientResponse send(ClientRequest call) throws IOException, InterruptedException;
  }

  /** Returns an environment variable, or {@code ""}. */
  String variable(String name) {
    String v = environment.apply(name);
    return v == null ? "" : v;
  }

  /** Returns the body of a 2xx response; other statuses are errors. */
  byte[] ok(ClientRequest call) throws IOException, InterruptedException {
    try (ClientResponse a = caller.send(call)) {
      byte[] body = a.bytes(MAX_BYTES);
      if (a.status() / 100 != 2) {
        String text = new String(body, StandardCharsets.UTF_8).strip();
        throw new IOException(
            call.uri()
                + " answered with status "
                + a.status()
                + (text.isEmpty() ? "" : ": " + text.substring(0, Math.min(text.length(), 300))));
      }
      return body;
    }
  }

  /** Returns the body of a 2xx response as text. */
  String text(ClientRequest call) throws IOException, InterruptedException {
    return new String(ok(call), StandardCharsets.UTF_8).strip();
  }

  /** Returns the body of a 2xx response as JSON. */
  JsonNode json(ClientRequest call) throws IOException, InterruptedException {
    byte[] body = ok(call);
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      throw new IOException(call.uri() + " sent a response that is not JSON", e);
    }
  }

  /** Reads a JSON file. */
  static JsonNode jsonFile(Path file) throws IOException {
    try {
      return JSON.readTree(Files.readString(file));
    } catch (JacksonException e) {
      throw new IOException(file + " is not JSON" + JsonFailures.where(e), e);
    }
  }

  static byte[] toJson(Object tree) {
    return JSON.writeValueAsBytes(tree);
  }

  /** Creates a POST with form fields. */
  static ClientRequest form(String url, Map<String, String> fields) throws IOException {
    StringBuilder b = new StringBuilder();
    fields.forEach(
        (k, v) ->
            b.append(b.isEmpty() ? "" : "&").append(encoded(k)).append('=').append(encoded(v)));
    return ClientRequest.post(
        url(url),
        "application/x-www-form-urlencoded",
        b.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Parses a URL built from variables and files.
   *
   * @throws IOException if it is not a URL; the message has no password
   */
  static URI url(String text) throws IOException {
    try {
      URI u = UrlText.read(text);
      if (UrlHost.of(u) != null) {
        return u;
      }
    } catch (URISyntaxException e) {
      // reported below without its cause, whose message has all of it
    }
    throw new IOException(
        "\""
            + Redaction.text(text)
            + "\", configured as the source of credentials, is not a valid URL");
  }

  static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }

  /** Returns a file in the home directory of the user running the process. */
  Path home(String path) {
    String home = variable("HOME");
    return Path.of(home.isEmpty() ? System.getProperty("user.home", "/") : home).resolve(path);
  }
}

package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Environment that detectors read: variables, files, metadata servers.
 *
 * @param environment variables of the process; null for unset variables
 * @param caller sends requests
 * @param clients HTTP clients for servers that need special client settings
 * @param root root folder of the system's files
 * @param names host names
 */
public record DetectionEnvironment(
    Function<String, @Nullable String> environment,
    CredentialDependencies.Caller caller,
    Clients clients,
    Path root,
    HostNames names) {
  /** Maximum length of a response. */
  private static final int MAX_BYTES = 1 << 20;

  /** Timeout for servers on the machine itself, which respond immediately if they exist. */
  private static final Duration NEARBY = Duration.ofSeconds(2);

  /** Maximum timeout for remote servers; the processor's timeout may be shorter. */
  private static final Duration FAR = Duration.ofSeconds(10);

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Creates clients. */
  @FunctionalInterface
  public interface Clients {
    CredentialDependencies.Caller of(HttpClientConfig config) throws IOException;
  }

  /** Returns the environment of this process. */
  public static DetectionEnvironment here(Clients clients) {
    Path root = Path.of("/");
    return new DetectionEnvironment(
        System::getenv,
        call -> clients.of(HttpClientConfig.DEFAULT_HTTP1).send(call),
        clients,
        root,
        new HostNames(root));
  }

  /** Returns the value of an environment variable, or null if not set. */
  @Nullable String variable(String name) {
    return environment.apply(name);
  }

  /** Whether a variable is set and not empty. */
  boolean has(String name) {
    String v = variable(name);
    return v != null && !v.isEmpty();
  }

  /** Returns the trimmed content of a system file, or null if it does not exist. */
  @Nullable String file(String path) {
    try {
      return Files.readString(root.resolve(path)).strip();
    } catch (IOException e) {
      return null;
    }
  }

  /** Reads a system file as JSON. */
  @Nullable JsonNode jsonFile(String path) throws IOException {
    String text = file(path);
    try {
      return text == null ? null : JSON.readTree(text);
    } catch (JacksonException e) {
      throw new IOException(root.resolve(path) + " is not JSON", e);
    }
  }

  /** Sends a call; responses with any status are returned. */
  ClientResponse send(ClientRequest call) throws IOException, InterruptedException {
    return caller.send(call.withTimeout(NEARBY));
  }

  /** Returns the text of a response; any status other than 2xx is an error. */
  String text(ClientRequest call) throws IOException, InterruptedException {
    return text(call, caller, NEARBY);
  }

  /** Returns the text of a response from a server that requires its own client. */
  static String text(ClientRequest call, CredentialDependencies.Caller through)
      throws IOException, InterruptedException {
    return text(call, through, FAR);
  }

  private static String text(
      ClientRequest call, CredentialDependencies.Caller through, Duration longest)
      throws IOException, InterruptedException {
    try (ClientResponse a = through.send(call.withTimeout(longest))) {
      byte[] body = a.bytes(MAX_BYTES);
      if (a.status() / 100 != 2) {
        throw new StatusException(call, a.status());
      }
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  /** Returns a JSON response. */
  JsonNode json(ClientRequest call) throws IOException, InterruptedException {
    return json(call, caller, NEARBY);
  }

  /** Returns a JSON response from a server that requires its own client. */
  JsonNode json(ClientRequest call, CredentialDependencies.Caller through)
      throws IOException, InterruptedException {
    return json(call, through, FAR);
  }

  private static JsonNode json(
      ClientRequest call, CredentialDependencies.Caller through, Duration longest)
      throws IOException, InterruptedException {
    try {
      return JSON.readTree(text(call, through, longest));
    } catch (JacksonException e) {
      throw new IOException(call.uri() + " did not return JSON", e);
    }
  }

  /** Required environment variable is not set. */
  static final class UnsetException extends IOException {
    private static final long serialVersionUID = 1L;

    UnsetException(String message) {
      super(message);
    }
  }

  /** A server responded with an error status. */
  static final class StatusException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;

    StatusException(ClientRequest call, int status) {
      super(call.uri() + " answered with status " + status);
      this.status = status;
    }

    int status() {
      return status;
    }
  }
}

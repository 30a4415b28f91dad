package dev.tethys.tools;

import dev.tethys.pipeline.web.Json;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Client of the API of {@code tethys control}, as the commands of {@code control} use it. */
final class ControlPlaneClient {
  /** First word of the commands. */
  static final String NAME = GlobalFlags.CONTROL;

  /** Variable with the URL, used without the flag. */
  static final String URL_VARIABLE = "TETHYS_CONTROL_URL";

  /** Variable with the bearer token, used without the file flag. */
  static final String TOKEN_VARIABLE = "TETHYS_CONTROL_TOKEN";

  private static final String URL = "http://127.0.0.1:4320";
  private static final String ROOT = "/api/v1/control";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final List<Flag> SERVER =
      List.of(
          Flag.of(
              "url",
              Flag.Kind.STRING,
              "",
              "URL of the control plane; " + URL_VARIABLE + ", else " + URL + "."),
          Flag.of(
              "token-file",
              Flag.Kind.STRING,
              "",
              "File with the bearer token; without it the token in " + TOKEN_VARIABLE + "."),
          HttpAccess.CONFIG);
  static final Flag AUTHOR =
      Flag.of(
          "author",
          Flag.Kind.STRING,
          System.getProperty("user.name", ""),
          "Author, where the control plane has no tokens.");
  static final List<Flag> CHANGE =
      List.of(
          Flag.of("reason", Flag.Kind.STRING, "", "Reason, required; kept in the audit log."),
          AUTHOR);

  private ControlPlaneClient() {}

  static Command command(
      String name,
      String operands,
      String about,
      List<Flag> flags,
      int least,
      int most,
      Command.Action action) {
    return new Command(
        NAME + " " + name,
        operands,
        about,
        Stream.concat(SERVER.stream(), flags.stream()).toList(),
        least,
        most,
        action);
  }

  static List<Flag> with(Flag... flags) {
    return Stream.concat(Stream.of(flags), CHANGE.stream()).toList();
  }

  static @Nullable Object call(
      Command.Arguments a, String method, String path, @Nullable String body) throws IOException {
    String token = token(a.flags().get("token-file"), System::getenv);
    List<String> headers = token.isEmpty() ? List.of() : List.of("Authorization=Bearer " + token);
    String url = url(a.flags().get("url"), System::getenv);
    try (HttpAccess access = HttpAccess.of(url, a.flags().get("http.config.file"), headers)) {
      HttpAccess.Reply r =
          access.send(
              method,
              ROOT + path,
              body == null ? null : body.getBytes(StandardCharsets.UTF_8),
              body == null ? Map.of() : Map.of("Content-Type", "application/json"),
              TIMEOUT);
      Map<String, @Nullable Object> m;
      try {
        m = dev.tethys.store.archive.Json.object(r.body());
      } catch (IllegalArgumentException e) {
        throw new IOException(
            access.base() + ROOT + path + " answered " + r.statusText() + " and no JSON", e);
      }
      if (r.status() != 200) {
        // The place of a member is one in a body that the user has not written.
        String error = text(m, "error").replaceFirst("^body:\\d+:\\d+: ", "");
        throw new IOException(r.status() == 422 ? error : r.statusText() + ": " + error);
      }
      return m.get("data");
    }
  }

  /** Returns the URL of the control plane: from the flag, the variable, or the local default. */
  static String url(String flag, Function<String, @Nullable String> environment) {
    String variable = environment.apply(URL_VARIABLE);
    return !flag.isEmpty() ? flag : variable == null || variable.isBlank() ? URL : variable.strip();
  }

  /** Bearer token: from the file of the flag, or from the variable; "" if none. */
  static String token(String file, Function<String, @Nullable String> environment)
      throws IOException {
    if (!file.isEmpty()) {
      return Files.readString(Path.of(file)).strip();
    }
    String variable = environment.apply(TOKEN_VARIABLE);
    return variable == null ? "" : variable.strip();
  }

  static Map<String, @Nullable Object> object(@Nullable Object o) {
    return dev.tethys.store.archive.Json.asObject(o);
  }

  static String text(@Nullable Object o, String key) {
    Object v = object(o).get(key);
    return v == null
        ? ""
        : v instanceof Double d && d == Math.rint(d) ? d.longValue() + "" : v + "";
  }

  /** Formats a count: "1 agent", "2 agents". */
  static String counted(Object n, String one) {
    return n + " " + one + (n.toString().equals("1") ? "" : "s");
  }

  static List<?> list(@Nullable Object o) {
    return o instanceof List<?> l ? l : List.of();
  }

  static String time(@Nullable Object o, String key) {
    String millis = text(o, key);
    return millis.isEmpty() ? "" : Instant.ofEpochMilli(Long.parseLong(millis)).toString();
  }

  /**
   * Returns the reason for a change.
   *
   * @throws UsageException if the command has none
   */
  static String reason(Command.Arguments a) {
    String reason = a.flags().get("reason");
    if (reason.isBlank()) {
      throw new UsageException(
          "--reason is required: state the reason, which is recorded in the audit log");
    }
    return reason;
  }

  /** Starts the request body of a change, which includes its reason. */
  static Json changing(Command.Arguments a) {
    return bodyOf(a, reason(a));
  }

  /** Starts a request body with a reason and an author. */
  static Json bodyOf(Command.Arguments a, String reason) {
    return new Json()
        .open('{')
        .key("reason")
        .text(reason)
        .key("author")
        .text(a.flags().get("author"));
  }
}

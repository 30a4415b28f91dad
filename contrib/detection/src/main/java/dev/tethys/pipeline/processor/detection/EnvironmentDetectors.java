package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Detectors that read environment variables: of OpenTelemetry, AWS Lambda and Heroku. */
final class EnvironmentDetectors {
  private static final Section ENV =
      new Section("env", "Attributes of the environment variable OTEL_RESOURCE_ATTRIBUTES.");
  private static final Key<List<String>> ALLOWLIST =
      ENV.optional(
          "allowlist", Type.list(Type.STRING), "Attribute keys that are used; all if absent.");
  static final Type<Detector> ENV_TYPE =
      ENV.type(
          o -> {
            List<String> allowed = o.find(ALLOWLIST);
            return place -> env(place, allowed);
          });

  private static final Section LAMBDA = new Section("lambda", "AWS Lambda function.");
  private static final Key<RequestedAttributes> LAMBDA_WANTED =
      RequestedAttributes.key(
          LAMBDA,
          Set.of(
              "aws.log.group.names",
              "aws.log.stream.names",
              "cloud.platform",
              "cloud.provider",
              "cloud.region",
              "faas.instance",
              "faas.max_memory",
              "faas.name",
              "faas.version"),
          Set.of());
  static final Type<Detector> LAMBDA_TYPE =
      LAMBDA.type(
          o -> {
            RequestedAttributes wanted = o.get(LAMBDA_WANTED);
            return place -> lambda(place, wanted);
          });

  private static final Section HEROKU = new Section("heroku", "Heroku dyno.");
  private static final Key<RequestedAttributes> HEROKU_WANTED =
      RequestedAttributes.key(
          HEROKU,
          Set.of(
              "cloud.provider",
              "heroku.app.id",
              "heroku.dyno.id",
              "heroku.release.commit",
              "heroku.release.creation_timestamp",
              "service.instance.id",
              "service.name",
              "service.version"),
          Set.of());
  static final Type<Detector> HEROKU_TYPE =
      HEROKU.type(
          o -> {
            RequestedAttributes wanted = o.get(HEROKU_WANTED);
            return place -> heroku(place, wanted);
          });

  /** One {@code key=value} pair with its terminator. */
  private static final Pattern PAIR =
      Pattern.compile("\\s*(\\p{ASCII}{1,256}?)\\s*=\\s*(\\p{ASCII}{0,256}?)\\s*(?:,|$)");

  private EnvironmentDetectors() {}

  private static Attributes env(DetectionEnvironment place, @Nullable List<String> allowed)
      throws IOException {
    Attributes a = new Attributes();
    String text = place.has("OTEL_RESOURCE_ATTRIBUTES") ? "OTEL_RESOURCE_ATTRIBUTES" : "";
    if (text.isEmpty()) {
      text = "OTEL_RESOURCE"; // former name of the variable
    }
    String pairs = place.variable(text);
    if (pairs == null || pairs.isBlank()) {
      return a;
    }
    String s = pairs.strip();
    Matcher m = PAIR.matcher(s);
    int end = 0;
    while (end < s.length()) {
      if (!m.find() || m.start() != end) {
        throw new IOException(text + " is not key=value,key=value: " + s.substring(end));
      }
      end = m.end();
      String key = m.group(1);
      if (allowed == null || allowed.contains(key)) {
        a.put(key, decoded(text, m.group(2)));
      }
    }
    return a;
  }

  private static String decoded(String variable, String value) throws IOException {
    try {
      return URLDecoder.decode(value, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IOException(variable + " has a value with a broken escape: " + value, e);
    }
  }

  private static Attributes lambda(DetectionEnvironment place, RequestedAttributes wanted) {
    Attributes a = new Attributes();
    if (!place.has("AWS_LAMBDA_FUNCTION_NAME")) {
      return a;
    }
    wanted.put(a, "cloud.provider", "aws");
    wanted.put(a, "cloud.platform", "aws_lambda");
    wanted.put(a, "cloud.region", place.variable("AWS_REGION"));
    wanted.put(a, "faas.name", place.variable("AWS_LAMBDA_FUNCTION_NAME"));
    wanted.put(a, "faas.version", place.variable("AWS_LAMBDA_FUNCTION_VERSION"));
    String stream = place.variable("AWS_LAMBDA_LOG_STREAM_NAME");
    wanted.put(a, "faas.instance", stream);
    wanted.put(a, "faas.max_memory", place.variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
    wanted.put(a, "aws.log.group.names", list(place.variable("AWS_LAMBDA_LOG_GROUP_NAME")));
    wanted.put(a, "aws.log.stream.names", list(stream));
    return a;
  }

  private static @Nullable ArrayValue list(@Nullable String only) {
    if (only == null) {
      return null;
    }
    ArrayValue v = new ArrayValue();
    v.add(only);
    return v;
  }

  private static Attributes heroku(DetectionEnvironment place, RequestedAttributes wanted) {
    Attributes a = new Attributes();
    wanted.put(a, "service.instance.id", place.variable("HEROKU_DYNO_ID"));
    String app = place.variable("HEROKU_APP_ID");
    wanted.put(a, "heroku.app.id", app);
    if (app != null) {
      wanted.put(a, "cloud.provider", "heroku");
    }
    wanted.put(a, "service.name", place.variable("HEROKU_APP_NAME"));
    wanted.put(a, "heroku.release.creation_timestamp", place.variable("HEROKU_RELEASE_CREATED_AT"));
    wanted.put(a, "service.version", place.variable("HEROKU_RELEASE_VERSION"));
    wanted.put(a, "heroku.release.commit", place.variable("HEROKU_SLUG_COMMIT"));
    return a;
  }
}

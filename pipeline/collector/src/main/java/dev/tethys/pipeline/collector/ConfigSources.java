package dev.tethys.pipeline.collector;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlLayers;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sources of a configuration: the values of {@code --config} and {@code --set} of the command line,
 * in order. Read anew each time.
 */
public record ConfigSources(
    List<String> configs, List<String> sets, Function<String, @Nullable String> environment)
    implements ConfigSource {
  /** The largest text that is read, in bytes. */
  static final int MAX_BYTES = 64 << 20;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.app.collector");
  private static final Pattern SCHEME =
      Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:.*", Pattern.DOTALL);
  private static final Pattern VARIABLE = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  /**
   * Puts the configuration together.
   *
   * @throws ConfigException where something in it is wrong
   * @throws IOException when a text cannot be read
   */
  @Override
  public YamlDocument read() throws IOException {
    if (configs.isEmpty()) {
      throw new UsageException(
          "tethys collector: --config is missing: a file, env:NAME, yaml:TEXT or a URL");
    }
    Map<String, YamlLayers.Source> sources =
        Map.of(
            "env",
            this::env,
            "file",
            ConfigSources::file,
            "yaml",
            text -> text,
            "http",
            ConfigSources::http,
            "https",
            ConfigSources::http);
    YamlLayers layers = new YamlLayers(sources);
    for (String c : configs) {
      if (SCHEME.matcher(c).matches()) {
        String scheme = c.substring(0, c.indexOf(':'));
        YamlLayers.Source s = sources.get(scheme);
        if (s == null) {
          throw new UsageException(
              "tethys collector: --config="
                  + c
                  + ": there is no source "
                  + scheme
                  + "; there are: file, env, yaml, http, https");
        }
        String argument = scheme.startsWith("http") ? c : c.substring(scheme.length() + 1);
        try {
          layers.add(scheme.equals("file") ? argument : c, s.text(argument));
        } catch (IllegalArgumentException e) {
          throw new UsageException("tethys collector: --config=" + c + ": " + e.getMessage());
        }
      } else {
        layers.add(c, file(c));
      }
    }
    sets.forEach(layers::set);
    return layers.document().splittingTexts(); // the Collector takes lists so, too
  }

  private String env(String argument) {
    int dash = argument.indexOf(":-");
    String name = dash < 0 ? argument : argument.substring(0, dash);
    if (!VARIABLE.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "\"" + name + "\" is no name of a variable: letters, digits and _, no digit first");
    }
    String value = environment.apply(name);
    if (value != null) {
      return value;
    }
    if (dash < 0) {
      LOG.log(Level.WARNING, "the configuration asks for {0}, which is not set: it is empty", name);
      return "";
    }
    return argument.substring(dash + 2);
  }

  private static String file(String name) throws IOException {
    Path p = Path.of(name);
    try {
      if (Files.size(p) > MAX_BYTES) {
        throw new IOException(name + " is larger than " + MAX_BYTES + " bytes");
      }
      return Files.readString(p, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new IOException("there is no file " + name, e);
    }
  }

  private static String http(String url) throws IOException {
    try (HttpClient client =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build()) {
      HttpResponse<byte[]> r =
          client.send(
              HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30)).build(),
              HttpResponse.BodyHandlers.ofByteArray());
      if (r.statusCode() != 200 || r.body().length > MAX_BYTES) {
        throw new IOException(url + " answered " + r.statusCode());
      }
      return new String(r.body(), StandardCharsets.UTF_8);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while reading " + url, e);
    }
  }
}

package dev.tethys.pipeline.collector;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlLayers;
import dev.tethys.model.file.IoFailures;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sources of a configuration: the values of {@code --config} and {@code --set} of the command line,
 * in order. Each reading reads them again. Configurations of a control plane may read only
 * permitted data of this host.
 */
public final class ConfigSources implements ConfigSource {
  /** The largest text that is read, in bytes. */
  static final int MAX_BYTES = 64 << 20;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.app.collector");
  private static final Pattern SCHEME =
      Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:.*", Pattern.DOTALL);
  private static final Pattern VARIABLE = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private final List<String> configs;
  private final List<String> sets;
  private final Function<String, @Nullable String> environment;
  private final Map<String, String> variables;
  private final @Nullable AllowedReferences allowed;
  private volatile ReferencedValues last = ReferencedValues.NONE;

  /** Sources that read any variable, file and URL. */
  public ConfigSources(
      List<String> configs, List<String> sets, Function<String, @Nullable String> environment) {
    this(configs, sets, environment, Map.of(), null);
  }

  /**
   * Sources with limits.
   *
   * @param variables variables that take precedence over the environment; must not contain secrets
   *     of this machine
   * @param allowed references to this machine; null for any
   */
  public ConfigSources(
      List<String> configs,
      List<String> sets,
      Function<String, @Nullable String> environment,
      Map<String, String> variables,
      @Nullable AllowedReferences allowed) {
    this.configs = List.copyOf(configs);
    this.sets = List.copyOf(sets);
    this.environment = environment;
    this.variables = Map.copyOf(variables);
    this.allowed = allowed;
  }

  public List<String> configs() {
    return configs;
  }

  public Function<String, @Nullable String> environment() {
    return environment;
  }

  /** Returns the same sources with variables that take precedence over the environment. */
  public ConfigSources with(Map<String, String> others) {
    return new ConfigSources(configs, sets, environment, others, allowed);
  }

  @Override
  public ReferencedValues lastValues() {
    return last;
  }

  /**
   * Assembles the configuration.
   *
   * @throws ConfigException if its content is invalid
   * @throws IOException if a text cannot be read
   */
  @Override
  public YamlDocument read() throws IOException {
    return texts().document();
  }

  @Override
  public Texts texts() throws IOException {
    if (configs.isEmpty()) {
      throw new UsageException(
          "tethys collector: --config is missing: a file, env:NAME, yaml:TEXT or a URL");
    }
    List<ReferencedValues.Value> values = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (String c : configs) {
      texts.add(text(c));
    }
    String all = String.join("\n", texts) + String.join("\n", sets);
    YamlLayers layers =
        new YamlLayers(
            Map.of(
                "env",
                argument -> env(argument, all, values),
                "file",
                path -> found(AllowedReferences.FILE + path, all, values, () -> file(path)),
                "yaml",
                text -> text,
                "http",
                url -> found(url, all, values, () -> http(url)),
                "https",
                url -> found(url, all, values, () -> http(url))));
    YamlLayers written = YamlLayers.unexpanded();
    try {
      for (int i = 0; i < configs.size(); i++) {
        String c = configs.get(i);
        String name = c.startsWith(AllowedReferences.FILE) ? c.substring(5) : c;
        layers.add(name, texts.get(i));
        written.add(name, texts.get(i));
      }
      for (String set : sets) {
        layers.set(set);
        written.set(set);
      }
    } finally {
      last = new ReferencedValues(values, layers.references());
    }
    return new Texts( // the Collector splits lists so, too
        layers.document().splittingTexts(), written.document().splittingTexts(), last);
  }

  /** Returns the text of a {@code --config} value. */
  private String text(String config) throws IOException {
    if (!SCHEME.matcher(config).matches()) {
      return file(config);
    }
    int colon = config.indexOf(':');
    String argument = config.substring(colon + 1);
    try {
      return switch (config.substring(0, colon)) {
        case "env" -> env(argument, argument, new ArrayList<>());
        case "file" -> file(argument);
        case "yaml" -> argument;
        case "http", "https" -> http(config);
        default ->
            throw new UsageException(
                "tethys collector: --config="
                    + config
                    + ": there is no source "
                    + config.substring(0, colon)
                    + "; expected one of: file, env, yaml, http, https");
      };
    } catch (IllegalArgumentException e) {
      throw new UsageException("tethys collector: --config=" + config + ": " + e.getMessage());
    }
  }

  /** Reads referenced text. */
  private interface Reader {
    String read() throws IOException;
  }

  /**
   * Returns the text of a file or URL.
   *
   * @param texts text of the configuration: a name not found in it comes from another reference
   */
  private String found(
      String reference, String texts, List<ReferencedValues.Value> values, Reader reader)
      throws IOException {
    String known =
        reference.startsWith(AllowedReferences.FILE)
            ? AllowedReferences.FILE
                + AllowedReferences.normalized(reference.substring(AllowedReferences.FILE.length()))
            : reference;
    if (allowed != null && !allowed.allow(known)) {
      throw new IllegalArgumentException(AllowedReferences.refusal(reference, texts));
    }
    String text =
        allowed != null && !known.equals(reference)
            ? file(known.substring(AllowedReferences.FILE.length()))
            : reader.read();
    values.add(new ReferencedValues.Value(reference, text));
    return text;
  }

  private String env(String argument, String texts, List<ReferencedValues.Value> values) {
    int dash = argument.indexOf(":-");
    String name = dash < 0 ? argument : argument.substring(0, dash);
    if (!VARIABLE.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "\""
              + name
              + "\" is not a valid variable name: use letters, digits and _, not starting with a"
              + " digit");
    }
    String own = variables.get(name);
    if (own != null) {
      return own;
    }
    String reference = AllowedReferences.ENV + name;
    String value = environment.apply(name);
    if (value != null) {
      if (allowed != null && !allowed.allow(reference)) {
        throw new IllegalArgumentException(AllowedReferences.refusal(reference, texts));
      }
      values.add(new ReferencedValues.Value(reference, value));
      return value;
    }
    values.add(new ReferencedValues.Value(reference, ""));
    if (dash < 0) {
      LOG.log(
          Level.WARNING,
          "the configuration refers to {0}, which is not set; an empty value is used",
          name);
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
    } catch (IOException e) {
      throw IoFailures.named(p, e);
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

package dev.tethys.alert.manager.template;

import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.codec.template.MissingKey;
import dev.tethys.codec.template.Template;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateFunction.Failure;
import dev.tethys.codec.template.TemplateFunction.Parameter;
import dev.tethys.codec.template.TemplateLimits;
import dev.tethys.codec.template.TemplateOutput;
import dev.tethys.codec.template.html.HtmlFunctions;
import dev.tethys.codec.template.html.HtmlOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The templates of one configuration, including the built-in ones. Immutable; may be used by
 * several threads concurrently.
 */
public final class Templates {
  /** A notification may be long: e-mails hold every alert of a group. */
  static final TemplateLimits LIMITS =
      new TemplateLimits(16 << 20, 200, 20_000_000, java.time.Duration.ofSeconds(30));

  private static final String[] OWN = {"default.tmpl", "email.tmpl"};

  private final Template set;
  private final String externalUrl;
  private final Map<String, TemplateFunction> functions;

  private Templates(Template set, InstantSource clock, String externalUrl) {
    this.set = set;
    this.externalUrl = externalUrl;
    this.functions = NotificationFunctions.all(clock);
  }

  /**
   * Loads the default templates and templates from files, which may replace them.
   *
   * @throws IOException if a file cannot be read
   * @throws TemplateException if one is not valid
   */
  public static Templates load(List<Path> files, InstantSource clock, String externalUrl)
      throws IOException {
    Map<String, TemplateFunction> functions = NotificationFunctions.all(clock);
    Template t = Template.parse("", "", functions, MissingKey.ZERO);
    for (String name : OWN) {
      t = t.with(name, resource(name), functions);
    }
    for (Path f : files) {
      t = t.with(String.valueOf(f.getFileName()), Files.readString(f), functions);
    }
    return new Templates(t, clock, externalUrl);
  }

  private static String resource(String name) {
    try (InputStream in = Templates.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Checks the syntax of a template.
   *
   * @throws TemplateException if it is not valid
   */
  public static void check(String template) {
    Template.parse(
        "", template, NotificationFunctions.all(InstantSource.system()), MissingKey.ZERO);
  }

  /** Builds a group's template data. */
  public TemplateData data(
      String receiver,
      LabelSet groupLabels,
      LabelSet routeLabels,
      String reason,
      List<Alert> alerts,
      Instant now) {
    return TemplateData.of(receiver, groupLabels, routeLabels, reason, alerts, externalUrl, now);
  }

  /**
   * Expands a template to plain text.
   *
   * @throws TemplateException if it is not valid or fails
   */
  public String text(String template, TemplateData data) {
    return template.contains("{{")
        ? expand(template, data, withRouteLabels(functions, data.routeLabels()))
        : template;
  }

  private String expand(String template, TemplateData data, Map<String, TemplateFunction> with) {
    return set.with("", template, with).execute("", data, with, LIMITS, TemplateOutput.PLAIN);
  }

  /**
   * Expands a template to HTML, with values escaped for their context.
   *
   * @throws TemplateException if it is invalid or fails
   */
  public String html(String template, TemplateData data) {
    Map<String, TemplateFunction> with =
        new HashMap<>(withRouteLabels(functions, data.routeLabels()));
    with.putAll(HtmlFunctions.ALL);
    return set.with("", template, with)
        .execute("", data, with, LIMITS, new HtmlOutput(NotificationJson::of));
  }

  private static Map<String, TemplateFunction> withRouteLabels(
      Map<String, TemplateFunction> functions, LabelSet routeLabels) {
    Map<String, TemplateFunction> m = new HashMap<>(functions);
    m.put(
        "routeLabels",
        TemplateFunction.of(a -> routeLabels.get(String.valueOf(a[0])), Parameter.STRING));
    return m;
  }

  /**
   * Expands the labels of a route, which are templates that may refer to each other.
   *
   * @param failed receives templates that cannot be expanded, which are omitted
   */
  public LabelSet routeLabels(
      Map<String, String> raw,
      TemplateData data,
      java.util.function.BiConsumer<String, String> failed) {
    RouteLabels r = new RouteLabels(raw, data);
    Map<String, String> out = new TreeMap<>();
    for (String name : raw.keySet()) {
      try {
        out.put(name, r.resolve(name));
      } catch (TemplateException e) {
        failed.accept(name, e.reason());
      } catch (Failure e) {
        failed.accept(name, String.valueOf(e.getMessage()));
      }
    }
    return LabelSet.of(out);
  }

  /** Each label is expanded once; a self-referential label is an error. */
  private final class RouteLabels {
    private final Map<String, String> raw;
    private final TemplateData data;
    private final Map<String, String> done = new HashMap<>();
    private final Deque<String> open = new ArrayDeque<>();

    RouteLabels(Map<String, String> raw, TemplateData data) {
      this.raw = raw;
      this.data = data;
    }

    String resolve(String name) {
      String template = raw.get(name);
      if (template == null) {
        return "";
      }
      String known = done.get(name);
      if (known != null) {
        return known;
      }
      if (open.contains(name)) {
        throw new Failure(
            "route label cycle detected: " + String.join(" -> ", open) + " -> " + name);
      }
      open.addLast(name);
      Map<String, TemplateFunction> with = new HashMap<>(functions);
      with.put(
          "routeLabels", TemplateFunction.of(a -> resolve(String.valueOf(a[0])), Parameter.STRING));
      try {
        String v = expand(template, data, with);
        done.put(name, v);
        return v;
      } finally {
        open.removeLast();
      }
    }
  }
}

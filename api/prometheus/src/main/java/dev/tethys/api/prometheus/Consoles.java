package dev.tethys.api.prometheus;

import static dev.tethys.codec.template.TemplateFunction.Parameter.ANY;
import static dev.tethys.codec.template.TemplateFunction.Parameter.STRING;

import dev.tethys.alert.template.PrometheusFunctions;
import dev.tethys.alert.template.QuerySample;
import dev.tethys.codec.template.GoList;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.GoStrings;
import dev.tethys.codec.template.GoStruct;
import dev.tethys.codec.template.MissingKey;
import dev.tethys.codec.template.Template;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateFunction.Failure;
import dev.tethys.codec.template.TemplateLimits;
import dev.tethys.codec.template.html.HtmlFunctions;
import dev.tethys.codec.template.html.HtmlOutput;
import dev.tethys.codec.template.html.SafeText;
import dev.tethys.model.access.Scope;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.Value;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import dev.tethys.web.RequestScope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Console templates: HTML pages written as Go templates with queries. They are read from a folder
 * for every request, together with the templates of a folder of libraries.
 *
 * <p>Output is escaped by its HTML context. A page is bounded like other templates, also one that
 * includes itself by {@code tmpl}.
 */
public final class Consoles {
  static final String PATH = "/consoles";

  /** Console templates are written by the operator and may contain scripts, as in Prometheus. */
  private static final String POLICY =
      "default-src 'self' 'unsafe-inline' 'unsafe-eval'; img-src * data:; font-src * data:;"
          + " object-src 'none'; base-uri 'self'; frame-ancestors 'self'";

  private static final TemplateLimits LIMITS =
      new TemplateLimits(16 << 20, 200, 20_000_000, Duration.ofSeconds(30));

  /** Maximum nesting depth of {@code tmpl} calls, each of which has its own stack. */
  private static final int MAX_DEPTH = 20;

  private static final int MAX_FILE = 16 << 20;

  /** Variables whose use does not require the template parser. */
  private static final String VARIABLES =
      "{{$rawParams := .RawParams }}{{$params := .Params}}{{$path := .Path}}"
          + "{{$externalLabels := .ExternalLabels}}";

  /**
   * Directories with console templates and libraries.
   *
   * @param templates pages
   * @param libraries folder whose {@code *.lib} files are available to every page
   */
  public record Folders(Path templates, Path libraries) {}

  private final Folders folders;
  private final QueryEngine engine;
  private final ServerView server;
  private final ApiSettings settings;
  private final InstantSource clock;

  Consoles(
      Folders folders,
      QueryEngine engine,
      ServerView server,
      ApiSettings settings,
      InstantSource clock) {
    this.folders = folders;
    this.engine = engine;
    this.server = server;
    this.settings = settings;
    this.clock = clock;
  }

  void answer(HttpRequest q, HttpResponse r) throws IOException {
    String name = q.path().substring(PATH.length());
    String text;
    try {
      text = read(within(name));
    } catch (NoSuchFileException | NotDirectoryException e) {
      r.status(404).send("open " + e.getFile() + ": no such file or directory\n");
      return;
    } catch (IOException e) {
      r.status(500).send(e.getMessage() + "\n");
      return;
    }
    try {
      String page = new Page(q, name).expand(text);
      r.header("Content-Security-Policy", POLICY);
      r.send(HtmlDetector.contentType(page), page.getBytes(StandardCharsets.UTF_8));
    } catch (TemplateException | IOException e) {
      r.status(500).send(e.getMessage() + "\n");
    }
  }

  /** Resolves a path to a file, which neither {@code ..} nor links may lead out of the folder. */
  private Path within(String name) throws IOException {
    Deque<String> steps = new ArrayDeque<>();
    for (String step : name.split("/")) {
      if (step.equals("..")) {
        steps.pollLast();
      } else if (!step.isEmpty() && !step.equals(".")) {
        steps.addLast(step);
      }
    }
    if (name.indexOf('\0') >= 0) {
      throw new NoSuchFileException(folders.templates + name.replace("\0", "\\0"));
    }
    Path at = folders.templates;
    for (String step : steps) {
      at = at.resolve(step);
    }
    return inside(folders.templates, at);
  }

  /**
   * Resolves a file, requiring its link target to be inside the folder.
   *
   * @throws NoSuchFileException if they lead elsewhere
   */
  private static Path inside(Path folder, Path file) throws IOException {
    if (!file.toRealPath().startsWith(folder.toRealPath())) {
      throw new NoSuchFileException(file.toString());
    }
    return file;
  }

  private static String read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException("read " + file + ": is a directory");
    }
    if (Files.size(file) > MAX_FILE) {
      throw new IOException("read " + file + ": a template has at most " + MAX_FILE + " bytes");
    }
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  private List<Path> libraries() throws IOException {
    List<Path> all = new ArrayList<>();
    try (DirectoryStream<Path> s = Files.newDirectoryStream(folders.libraries, "*.lib")) {
      s.forEach(all::add);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
    all.sort(null);
    return all;
  }

  /** One page for one request. */
  private final class Page {
    private final HttpRequest request;
    private final Scope scope;
    private final String path;
    private final String name;
    private final Map<String, TemplateFunction> functions;
    private final long end = System.nanoTime() + LIMITS.time().toNanos();
    private Template template;
    private int depth;

    Page(HttpRequest request, String path) {
      this.request = request;
      this.scope = RequestScope.of(request);
      this.path = path;
      this.name = "__console_" + path;
      this.functions =
          new HashMap<>(PrometheusFunctions.of(this::query, clock.millis(), server.externalUrl()));
      functions.putAll(HtmlFunctions.ALL);
      functions.put(
          "safeHtml",
          TemplateFunction.of(a -> new SafeText(SafeText.Kind.HTML, String.valueOf(a[0])), STRING));
      functions.put(
          "tmpl", TemplateFunction.of(a -> other(String.valueOf(a[0]), a[1]), STRING, ANY));
      this.template = Template.parse(name, "", functions, MissingKey.ZERO);
    }

    String expand(String text) throws IOException {
      try {
        template = Template.parse(name, VARIABLES + text, functions, MissingKey.ZERO);
      } catch (TemplateException e) {
        throw new TemplateException("error parsing template " + name + ": " + e.reason());
      }
      try {
        for (Path library : libraries()) {
          Path file = inside(folders.libraries, library);
          template = template.with(String.valueOf(library.getFileName()), read(file), functions);
        }
      } catch (TemplateException e) {
        throw new TemplateException("error parsing template files for " + name + ": " + e.reason());
      }
      try {
        return template.execute(name, data(), functions, LIMITS, new HtmlOutput());
      } catch (TemplateException e) {
        throw new TemplateException("error executing template " + name + ": " + e.reason());
      }
    }

    /** Renders another template as a separate piece of HTML. */
    private Object other(String called, @Nullable Object data) {
      Duration remaining = Duration.ofNanos(Math.max(1, end - System.nanoTime()));
      if (depth == MAX_DEPTH) {
        throw new Failure("exceeded maximum template depth (" + MAX_DEPTH + ")");
      }
      depth++;
      try {
        return new SafeText(
            SafeText.Kind.HTML,
            template.execute(
                called,
                data,
                functions,
                new TemplateLimits(
                    LIMITS.outputChars(), LIMITS.depth() / MAX_DEPTH, LIMITS.steps(), remaining),
                new HtmlOutput()));
      } catch (TemplateException e) {
        throw new Failure(e.reason());
      } finally {
        depth--;
      }
    }

    private List<QuerySample> query(String expression, long time) {
      QueryOptions options =
          new QueryOptions(0, 0, false, ApiCall.origin(request, scope, settings.userHeader()));
      try (QueryEngine.Prepared p = engine.instant(expression, time, options);
          HttpRequest.Watch _ = request.whenClientGone(p::cancel)) {
        return switch (p.execute().value()) {
          case Value.InstantVector v ->
              v.samples().stream()
                  .map(s -> new QuerySample(s.labels().toMap(), s.value(), s.histogram()))
                  .toList();
          case Value.Scalar s -> List.of(new QuerySample(Map.of(), s.value(), null));
          default -> throw QueryException.execution("rule result is not a vector or scalar");
        };
      }
    }

    private GoStruct data() {
      Params all = request.query();
      Map<String, GoList> raw = new TreeMap<>();
      Map<String, String> first = new TreeMap<>();
      for (String p : all.names()) {
        raw.put(p, new GoList("[]string", all.all(p)));
        first.put(p, all.first(p, ""));
      }
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("RawParams", new GoMap("[]string", raw, Page::method));
      fields.put("Params", GoMap.ofStrings(first));
      fields.put("Path", path.replaceFirst("^/+", ""));
      fields.put("ExternalLabels", GoMap.ofStrings(new TreeMap<>(server.externalLabels())));
      return new Data(fields);
    }

    /** Returns a read method of Go's {@code url.Values}. */
    private static @Nullable TemplateFunction method(GoMap values, String name) {
      return switch (name) {
        case "Get" ->
            TemplateFunction.of(
                a ->
                    values.entries().get(String.valueOf(a[0])) instanceof GoList l
                            && !l.items().isEmpty()
                        ? l.items().getFirst()
                        : "",
                STRING);
        case "Has" ->
            TemplateFunction.of(a -> values.entries().containsKey(String.valueOf(a[0])), STRING);
        case "Encode" -> TemplateFunction.of(a -> encoded(values));
        default -> null;
      };
    }

    private static String encoded(GoMap values) {
      List<String> pairs = new ArrayList<>();
      values
          .entries()
          .forEach(
              (k, v) -> {
                if (v instanceof GoList l) {
                  for (Object one : l.items()) {
                    pairs.add(
                        GoStrings.queryEscape(k)
                            + "="
                            + GoStrings.queryEscape(String.valueOf(one)));
                  }
                }
              });
      return String.join("&", pairs);
    }
  }

  private record Data(Map<String, ?> fields) implements GoStruct {
    @Override
    public String typeName() {
      return "struct { RawParams url.Values; Params map[string]string; Path string; ExternalLabels"
          + " map[string]string }";
    }
  }
}

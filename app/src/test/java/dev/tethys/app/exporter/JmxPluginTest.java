package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.app.Main;
import dev.tethys.app.TethysProcess;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeRunner;
import dev.tethys.config.ConfigException;
import dev.tethys.prometheus.collect.ExporterFlags;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Params;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.security.auth.Subject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Authenticators of the JDK's HTTP server before the pages of the JMX exporter. */
@Tag("contrib")
@Tag("slow")
class JmxPluginTest {
  /** Admits by a header, and says as whom the request is made. */
  private static final String BY_TOKEN =
      """
      import com.sun.net.httpserver.*;
      import java.util.Set;
      import javax.security.auth.Subject;

      public class ByToken extends Authenticator {
        @Override
        public Result authenticate(HttpExchange e) {
          String token = e.getRequestHeaders().getFirst("x-token");
          e.getResponseHeaders().set(
              "X-Seen",
              e.getRequestMethod() + " " + e.getRequestURI() + " "
                  + e.getRemoteAddress().getAddress().isLoopbackAddress() + " " + e.getProtocol()
                  + " " + (e instanceof HttpsExchange) + " " + e.getHttpContext().getPath()
                  + " " + e.getAttribute("who"));
          if (token == null) {
            e.getResponseHeaders().add("WWW-Authenticate", "Token");
            e.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\\"x\\"");
            return new Retry(401);
          }
          switch (token) {
            case "nobody":
              return new Success(new HttpPrincipal("nobody", "x"));
            case "fails":
              throw new IllegalStateException("it fails");
            case "silent":
              return null;
            case "going on":
              return new Failure(100);
            case "answers":
              try {
                e.sendResponseHeaders(200, -1);
              } catch (java.io.IOException x) {
                throw new IllegalStateException(x);
              }
              return new Success(new HttpPrincipal("nobody", "x"));
            default:
          }
          if (!token.startsWith("is-")) {
            return new Failure(418);
          }
          HttpPrincipal p = new HttpPrincipal(token.substring(3), "x");
          e.setAttribute("who", new Subject(true, Set.of(p), Set.of(), Set.of()));
          return new Success(p);
        }
      }
      """;

  /** The JDK's own, as most extend it. */
  private static final String BY_PASSWORD =
      """
      public class ByPassword extends com.sun.net.httpserver.BasicAuthenticator {
        public ByPassword() {
          super("/");
        }

        @Override
        public boolean checkCredentials(String user, String password) {
          return user.equals("Prometheus") && password.equals("secret");
        }
      }
      """;

  @TempDir static Path dir;
  private static Path classes;

  @BeforeAll
  static void compile() throws Exception {
    classes = Files.createDirectory(dir.resolve("classes"));
    CompiledClasses.in(classes, "ByToken", BY_TOKEN);
    CompiledClasses.in(classes, "ByPassword", BY_PASSWORD);
    CompiledClasses.in(classes, "Other", "public class Other {}");
    CompiledClasses.in(
        classes,
        "ByLoader",
        """
        import com.sun.net.httpserver.*;

        public class ByLoader extends Authenticator {
          private final Object made = other();

          private static Object other() {
            try {
              return Thread.currentThread().getContextClassLoader().loadClass("Other");
            } catch (ClassNotFoundException e) {
              return null;
            }
          }

          public Result authenticate(HttpExchange e) {
            boolean found = made != null && made == other();
            return found ? new Success(new HttpPrincipal("a", "b")) : new Failure(403);
          }
        }
        """);
    CompiledClasses.in(
        classes,
        "Unmade",
        "public abstract class Unmade extends com.sun.net.httpserver.Authenticator {}");
    CompiledClasses.in(
        classes,
        "WithArguments",
        """
        public class WithArguments extends com.sun.net.httpserver.Authenticator {
          public WithArguments(String s) {}
          public Result authenticate(com.sun.net.httpserver.HttpExchange e) {
            return new Failure(403);
          }
        }
        """);
    CompiledClasses.in(
        classes,
        "Throwing",
        """
        public class Throwing extends com.sun.net.httpserver.Authenticator {
          public Throwing() {
            throw new IllegalStateException("no key");
          }
          public Result authenticate(com.sun.net.httpserver.HttpExchange e) {
            return new Failure(403);
          }
        }
        """);
  }

  private static Path file(String plugin) throws Exception {
    return Files.writeString(
        Files.createTempFile(dir, "jmx", ".yml"),
        "hostPort: 127.0.0.1:1\nhttpServer:\n  authentication:\n    " + plugin + "\n");
  }

  private static ServerProcess exporter(String plugin, Path... from) throws Exception {
    return exporter(file(plugin), from);
  }

  /** As its own process, since remote JMX sets the deserialization filter of a process. */
  private static ServerProcess exporter(Path file, Path... from) throws Exception {
    int port = Ports.free();
    return program(port, Main.class, "exporter", "jmx", "127.0.0.1:" + port, file, from);
  }

  private static ServerProcess program(int port, Class<?> main, Object... args) throws Exception {
    List<String> command = TethysProcess.small(main.getName(), new String[0]);
    for (Object a : args) {
      if (a instanceof Path[] from) {
        List.of(from).forEach(p -> command.add("--jmx.plugin-path=" + p));
      } else {
        command.add(a.toString());
      }
    }
    return new ServerProcess(port, Files.createTempFile(dir, "jmx", ".log"), Map.of(), command);
  }

  private static HttpResponse<String> get(int port, String path, String... header)
      throws Exception {
    HttpRequest.Builder r = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    if (header.length > 0) {
      r.headers(header);
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(r.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void pluginAuthorizesRequests() throws Exception {
    try (ServerProcess e = exporter("plugin: {class: ByToken}", classes)) {
      for (String path : List.of("/metrics?a=b%20c", "/", "/-/healthy")) {
        HttpResponse<String> asked = get(e.port(), path);
        assertThat(asked.statusCode()).as(path).isEqualTo(401);
        assertThat(asked.body()).isEmpty();
        assertThat(asked.headers().allValues("WWW-Authenticate"))
            .containsExactly("Token", "Basic realm=\"x\"");
        assertThat(asked.headers().firstValue("X-Seen"))
            .hasValue("GET " + path + " true HTTP/1.1 false / null");
        assertThat(get(e.port(), path, "X-Token", "wrong").statusCode()).isEqualTo(418);
        // What is neither yes nor no is no.
        for (String token : List.of("fails", "silent", "answers", "going on")) {
          assertThat(get(e.port(), path, "X-Token", token).statusCode()).as(token).isEqualTo(500);
        }
      }
      HttpResponse<String> shown = get(e.port(), "/metrics", "X-Token", "nobody");
      assertThat(shown.statusCode()).isEqualTo(200);
      assertThat(shown.body()).contains("jmx_scrape_error 1");
      assertThat(shown.headers().firstValue("X-Seen")).isPresent();
    }
  }

  /** As JAAS and services look for them. */
  @Test
  void contextClassLoaderLoadsFromPluginPath() throws Exception {
    try (ServerProcess e = exporter("plugin: {class: ByLoader}", classes)) {
      assertThat(get(e.port(), "/metrics").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void rejectsPrincipalWithoutSubject() throws Exception {
    try (ServerProcess e =
        exporter("plugin: {class: ByToken, subjectAttributeName: who}", classes)) {
      assertThat(get(e.port(), "/metrics", "X-Token", "nobody").statusCode()).isEqualTo(403);
      HttpResponse<String> shown = get(e.port(), "/metrics", "X-Token", "is-me");
      assertThat(shown.statusCode()).isEqualTo(200);
      assertThat(shown.body()).contains("jmx_scrape_error 1");
      // An attribute belongs to one request: the next one, without a user, is refused.
      assertThat(get(e.port(), "/metrics", "X-Token", "nobody").statusCode()).isEqualTo(403);
      assertThat(get(e.port(), "/none", "X-Token", "is-me").statusCode()).isEqualTo(404);
    }
  }

  /** Pages of a program that name the subject that they are made for. */
  static final class Subjects {
    private Subjects() {}

    /** Serves until it is ended. */
    public static void main(String[] args) throws Exception {
      FlagSet flags = ExporterFlags.ofKind(Kinds.of("jmx"), "test");
      flags.parse(List.of(args).subList(1, args.length));
      ProbeRunner runner = new ProbeRunner("test", 1);
      Exporter e =
          Kinds.of("jmx")
              .open(
                  new ExporterFlags(Kinds.of("jmx"), flags, p -> p, null),
                  new ExporterDependencies(
                      new HttpClientFactory("test"), InstantSource.system(), n -> null));
      HttpListener.start(
          HttpListenerOptions.on("127.0.0.1:" + args[0]),
          new Routes()
              .get(
                  "/",
                  e.guarded(
                      (q, r) -> {
                        StringBuilder who = new StringBuilder(String.valueOf(names()));
                        runner.ask(
                            p -> {
                              who.append(names()); // on its own thread
                              return List.of();
                            },
                            new Probe(Params.parse(""), null));
                        r.send(who.toString());
                      })),
          null);
      Thread.currentThread().join();
    }
  }

  @Test
  void runsRequestAsItsSubject() throws Exception {
    Path f = file("plugin: {class: ByToken, subjectAttributeName: who}");
    int port = Ports.free();
    try (ServerProcess p =
        program(port, Subjects.class, port, "--config.file=" + f, "--jmx.plugin-path=" + classes)) {
      assertThat(get(p.port(), "/", "X-Token", "is-one").body()).isEqualTo("[one][one]");
      assertThat(get(p.port(), "/", "X-Token", "is-two").body()).isEqualTo("[two][two]");
    }
  }

  private static List<String> names() {
    Subject s = Subject.current();
    return s == null
        ? List.of("nobody")
        : s.getPrincipals(com.sun.net.httpserver.HttpPrincipal.class).stream()
            .map(com.sun.net.httpserver.HttpPrincipal::getUsername)
            .toList();
  }

  @Test
  void acceptsAJarOrItsFolder() throws Exception {
    Path jars = Files.createDirectory(dir.resolve("jars"));
    Path jar = CompiledClasses.jar(classes, jars.resolve("plugin.jar"));
    for (Path from : List.of(jar, jars)) {
      try (ServerProcess e = exporter("plugin: {class: ByPassword}", from)) {
        assertThat(get(e.port(), "/metrics").statusCode()).isEqualTo(401);
        assertThat(get(e.port(), "/metrics").headers().firstValue("WWW-Authenticate"))
            .hasValueSatisfying(v -> assertThat(v).startsWith("Basic realm=\"/\""));
        assertThat(get(e.port(), "/metrics", "Authorization", basic("Prometheus:no")).statusCode())
            .isEqualTo(401);
        assertThat(
                get(e.port(), "/metrics", "Authorization", basic("Prometheus:secret")).statusCode())
            .isEqualTo(200);
      }
    }
  }

  private static String basic(String pair) {
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void fileChangeSelectsAnotherClass() throws Exception {
    Path f = file("plugin: {class: ByToken}");
    String yaml = Files.readString(f);
    try (ServerProcess e = exporter(f, classes)) {
      assertThat(get(e.port(), "/metrics", "X-Token", "nobody").statusCode()).isEqualTo(200);
      Files.writeString(f, yaml.replace("ByToken", "ByPassword"));
      String right = basic("Prometheus:secret"); // who was let in before need not come first
      assertThat(get(e.port(), "/metrics", "Authorization", right).statusCode()).isEqualTo(200);
      Files.writeString(f, yaml.replace("ByToken", "NoSuch")); // leaves what was
      assertThat(reload(e, "Authorization", right)).contains("the class NoSuch is neither");
      assertThat(get(e.port(), "/metrics", "Authorization", right).statusCode()).isEqualTo(200);
      assertThat(get(e.port(), "/metrics", "X-Token", "nobody").statusCode()).isEqualTo(401);
    }
  }

  private static String reload(ServerProcess e, String... header) throws Exception {
    HttpRequest r =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + e.port() + "/-/reload"))
            .headers(header)
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(r, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  @Test
  void reportsErrorsWithPosition() {
    refused("plugin: {}", "class");
    refused("plugin: {class: ' '}", ":4:21: ", "class must not be blank");
    refused("plugin: {class: ByToken, subjectAttributeName: ''}", "must not be blank");
    refused("plugin: {class: ByToken, other: 1}", "other");
    refused("{}", "authentication requires basic or plugin");
    refused("plugin: {class: a.NoSuch}", ":4:21: ", "a.NoSuch", "--jmx.plugin-path", "its jar");
    refused(
        "plugin: {class: Other}",
        ":4:21: ",
        "does not extend com.sun.net.httpserver.Authenticator");
    refused("plugin: {class: Unmade}", "is abstract");
    refused("plugin: {class: WithArguments}", "no constructor without arguments");
    refused("plugin: {class: Throwing}", "its constructor throws", "no key");
    assertThatThrownBy(() -> open("plugin: {class: ByToken}"))
        .hasMessageContaining("a jar that --jmx.plugin-path names");
    assertThatThrownBy(() -> open("plugin: {class: ByToken}", dir.resolve("none.jar")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("--jmx.plugin-path", "none.jar");
  }

  private static void open(String plugin, Path... from) throws Exception {
    List<String> args = new ArrayList<>(List.of("127.0.0.1:0", file(plugin).toString()));
    List.of(from).forEach(p -> args.add("--jmx.plugin-path=" + p));
    new BuiltInExporter(Kinds.of("jmx"), args).close();
  }

  private static void refused(String plugin, String... says) {
    assertThatThrownBy(() -> open(plugin, classes))
        .as(plugin)
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(says);
  }

  @Test
  void rejectsTwoLogins() throws Exception {
    Path web =
        Files.writeString(
            dir.resolve("web.yml"),
            "basic_auth_users:\n"
                + "  a: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n");
    Path f = file("plugin: {class: ByToken}");
    int port = Ports.free();
    assertThatThrownBy(
            () ->
                program(
                    port,
                    Main.class,
                    "exporter",
                    "jmx",
                    "127.0.0.1:" + port,
                    f,
                    "--jmx.plugin-path=" + classes,
                    "--web.config.file=" + web))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("only one of them can be set");
  }
}

package dev.tethys.tools;

import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.dispatch.RoutingNode;
import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.template.TemplateData;
import dev.tethys.alert.manager.template.Templates;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.config.ConfigException;
import dev.tethys.config.FilePattern;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.file.IoFailures;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.tools.AmtoolServer.Call;
import dev.tethys.tools.AmtoolServer.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** The commands of amtool about configurations, routes, the cluster and templates. */
final class AmtoolConfig {
  private static final Flag FILE =
      Flag.of("config.file", Flag.Kind.STRING, "", "Config file to be tested.");

  private AmtoolConfig() {}

  static List<Command> commands() {
    return List.of(
        new Command(
            "amtool check-config",
            "[<check-files>...]",
            "Validate alertmanager config files and their templates.",
            List.of(),
            0,
            Command.ANY,
            AmtoolConfig::check),
        new Command(
            "amtool cluster show",
            "",
            "View cluster status and peers.",
            List.of(),
            0,
            0,
            (a, c) -> {
              AmtoolOutput output = new AmtoolOutput(a, c.out());
              output.cluster(status(a).path("cluster"));
              return 0;
            }),
        new Command(
            "amtool config show",
            "",
            "View current config. Simple: the config; extended: versions, too; json: the whole"
                + " status.",
            List.of(),
            0,
            0,
            (a, c) -> {
              AmtoolOutput output = new AmtoolOutput(a, c.out());
              output.config(status(a));
              return 0;
            }),
        new Command(
            "amtool config routes show",
            "",
            "Prints alert routing tree, of a file or a running Alertmanager.",
            List.of(FILE),
            0,
            0,
            AmtoolConfig::routes),
        new Command(
            "amtool config routes test",
            "[<labels>...]",
            "Test alert routing. Prints the receivers that an alert with such labels resolves to.",
            List.of(
                FILE,
                Flag.of(
                    "verify.receivers",
                    Flag.Kind.STRING,
                    "",
                    "Checks if specified receivers matches resolved receivers."),
                Flag.of("tree", Flag.Kind.BOOLEAN, "false", "Prints out matching routes tree.")),
            0,
            Command.ANY,
            AmtoolConfig::testRoutes),
        new Command(
            "amtool template render",
            "",
            "Render a given definition in a template file to standard output.",
            List.of(
                Flag.of(
                    "template.glob",
                    Flag.Kind.LIST,
                    "",
                    "Glob of paths that will be expanded and used for rendering."),
                Flag.of(
                    "template.text", Flag.Kind.STRING, "", "The template that will be rendered."),
                Flag.of(
                    "template.type",
                    Flag.Kind.STRING,
                    "text",
                    "The type of the template. Can be either text (default) or html."),
                Flag.of(
                    "template.data",
                    Flag.Kind.STRING,
                    "",
                    "File of the data with which the text is rendered, in JSON.")),
            0,
            0,
            AmtoolConfig::render));
  }

  private static JsonNode status(Command.Arguments a) throws IOException {
    try (AmtoolServer server = new AmtoolServer(a)) {
      return server.call(Call.GET_STATUS, "", "", null);
    }
  }

  private static int check(Command.Arguments a, Console console) throws IOException {
    int failed = 0;
    List<String> files = a.operands().isEmpty() ? List.of("/dev/stdin") : existing(a.operands());
    for (String file : files) {
      console.out().print("Checking '" + file + "'");
      AlertmanagerConfig c = null;
      try {
        MatcherSyntax syntax = AmtoolServer.syntax(a);
        c =
            a.operands().isEmpty()
                ? AlertmanagerConfig.read(
                    YamlDocument.parse(
                        file,
                        Path.of("."),
                        new String(console.in().readAllBytes(), StandardCharsets.UTF_8)),
                    syntax)
                : AlertmanagerConfig.read(Path.of(file), syntax);
        console.out().print("  SUCCESS\n");
      } catch (ConfigException | IOException e) {
        console.out().print("  FAILED: " + AmtoolErrors.text(e) + "\n");
        failed++;
      }
      if (c != null) {
        console
            .out()
            .print(
                "Found:\n - global config\n - route\n - "
                    + c.inhibitRules().size()
                    + " inhibit rules\n - "
                    + c.receivers().size()
                    + " receivers\n - "
                    + c.templates().size()
                    + " templates\n");
        if (!c.templates().isEmpty()) {
          try {
            Templates.load(c.templateFiles(), InstantSource.system(), "");
            console.out().print("  SUCCESS\n");
          } catch (TemplateException e) {
            console.out().print("  FAILED: " + e.reason() + "\n");
            failed++;
          } catch (IOException e) {
            console.out().print("  FAILED: " + IoFailures.describe(e) + "\n");
            failed++;
          }
        }
      }
      console.out().print("\n");
    }
    if (failed > 0) {
      throw new Failure("failed to validate " + failed + " file(s)");
    }
    return 0;
  }

  private static List<String> existing(List<String> files) {
    for (String f : files) {
      if (!Files.exists(Path.of(f))) {
        throw new Failure("path '" + f + "' does not exist");
      }
    }
    return files;
  }

  private static RoutingNode root(Command.Arguments a, Console console) throws IOException {
    String file = a.flags().get("config.file");
    MatcherSyntax syntax = AmtoolServer.syntax(a);
    try {
      if (!file.isEmpty()) {
        existing(List.of(file));
        console.err().println("Warning: --config.file flag overrides the --alertmanager.url.");
        return RoutingNode.of(AlertmanagerConfig.read(Path.of(file), syntax).route());
      }
      String original = status(a).path("config").path("original").asString("");
      return RoutingNode.of(
          AlertmanagerConfig.read(
                  YamlDocument.parse(a.flags().get("alertmanager.url"), Path.of("."), original),
                  syntax)
              .route());
    } catch (ConfigException e) {
      throw new Failure(AmtoolErrors.text(e));
    }
  }

  private static String slug(RoutingNode r, boolean continues, boolean receiver) {
    return (r.matchers().isEmpty() ? "default-route" : r.matchers().toString())
        + (continues && r.continues() ? "  continue: true" : "")
        + (receiver ? "  receiver: " + r.receiver() : "");
  }

  private record Tree(String text, List<Tree> children) {
    void print(StringBuilder sb, String indent) {
      for (int i = 0; i < children.size(); i++) {
        boolean last = i == children.size() - 1;
        sb.append(indent).append(last ? "└── " : "├── ").append(children.get(i).text).append('\n');
        children.get(i).print(sb, indent + (last ? "    " : "│   "));
      }
    }

    String print() {
      StringBuilder sb = new StringBuilder(".\n");
      new Tree("", List.of(this)).print(sb, "");
      return sb.toString();
    }
  }

  private static Tree tree(RoutingNode r) {
    return new Tree(slug(r, true, true), r.children().stream().map(AmtoolConfig::tree).toList());
  }

  private static Tree matching(RoutingNode r, LabelSet labels) {
    List<Tree> below = new ArrayList<>();
    for (RoutingNode child : r.children()) {
      if (child.matchers().matches(labels.map())) {
        below.add(matching(child, labels));
        if (!child.continues()) {
          break;
        }
      }
    }
    return new Tree(slug(r, false, below.isEmpty()), below);
  }

  private static int routes(Command.Arguments a, Console console) throws IOException {
    console.out().print("Routing tree:\n" + tree(root(a, console)).print() + "\n");
    return 0;
  }

  private static int testRoutes(Command.Arguments a, Console console) throws IOException {
    RoutingNode root = root(a, console);
    Map<String, String> m = new TreeMap<>();
    for (String word : a.operands()) {
      LabelMatcher l;
      try {
        l = AmtoolServer.syntax(a).parse(word, "cli");
      } catch (IllegalArgumentException e) {
        throw new Failure("Failed to parse labels: " + e.getMessage());
      }
      if (l.type() != LabelMatcher.Type.EQUAL) {
        throw new Failure("Labels must be specified as key=value pairs");
      }
      m.put(l.name(), l.value());
    }
    LabelSet labels = LabelSet.of(m);
    if (a.flags().bool("tree")) {
      console.out().print("Matching routes:\n" + matching(root, labels).print() + "\n\n");
    }
    String receivers =
        root.match(labels).stream().map(RoutingNode::receiver).collect(Collectors.joining(","));
    console.out().print(receivers + "\n");
    String expected = a.flags().get("verify.receivers");
    if (!expected.isEmpty() && !expected.equals(receivers)) {
      console.out().print("WARNING: Expected receivers did not match resolved receivers.\n");
      return 1;
    }
    return 0;
  }

  private static int render(Command.Arguments a, Console console) throws IOException {
    a.require("template.glob", "template.text");
    String type = a.flags().get("template.type");
    if (!type.equals("text") && !type.equals("html")) {
      throw new Failure("enum value must be one of html,text, got '" + type + "'");
    }
    List<Path> files = new ArrayList<>();
    for (String glob : a.flags().list("template.glob")) {
      files.addAll(FilePattern.of(Path.of(glob).toAbsolutePath().toString()).files());
    }
    String file = a.flags().get("template.data");
    try {
      TemplateData data =
          file.isEmpty()
              ? example()
              : data(
                  AmtoolServer.tree(Files.readString(Path.of(existing(List.of(file)).getFirst()))));
      Templates t = Templates.load(files, InstantSource.system(), "");
      String text = a.flags().get("template.text");
      console.out().print(type.equals("html") ? t.html(text, data) : t.text(text, data));
      return 0;
    } catch (TemplateException e) {
      throw new Failure(e.reason());
    }
  }

  private static LabelSet set(JsonNode n) {
    Map<String, String> m = new TreeMap<>();
    n.properties().forEach(e -> m.put(e.getKey(), e.getValue().asString("")));
    return LabelSet.of(m);
  }

  private static Instant time(JsonNode n) {
    return n.isString() ? AmtoolServer.time(n.asString()) : TemplateData.NO_TIME;
  }

  /** In the form that webhooks receive. */
  private static TemplateData data(JsonNode n) {
    List<TemplateData.AlertData> alerts = new ArrayList<>();
    for (JsonNode a : n.path("alerts")) {
      alerts.add(
          new TemplateData.AlertData(
              a.path("status").asString(""),
              set(a.path("labels")),
              set(a.path("annotations")),
              time(a.path("startsAt")),
              time(a.path("endsAt")),
              a.path("generatorURL").asString(""),
              a.path("fingerprint").asString("")));
    }
    return new TemplateData(
        n.path("receiver").asString(""),
        n.path("status").asString(""),
        alerts,
        n.path("notificationReason").asString(""),
        set(n.path("groupLabels")),
        set(n.path("commonLabels")),
        set(n.path("commonAnnotations")),
        set(n.path("routeLabels")),
        n.path("externalURL").asString(""));
  }

  /** Example data rendered by default, as in amtool. */
  private static TemplateData example() {
    Instant now = Instant.now();
    Map<String, String> labels =
        Map.of("commonlabelkey1", "commonlabelvalue1", "commonlabelkey2", "commonlabelvalue2");
    Map<String, String> annotations =
        Map.of(
            "commonannotationkey1",
            "commonannotationvalue1",
            "commonannotationkey2",
            "commonannotationvalue2");
    return new TemplateData(
        "receiver",
        "alertstatus",
        List.of(
            new TemplateData.AlertData(
                "firing",
                with(labels, "label1", "value1", "label2", "value2", "instance", "foo.bar:1234"),
                with(annotations, "annotation1", "value1", "annotation2", "value2"),
                now.minusSeconds(300),
                now,
                "https://generatorurl.com",
                "fingerprint1"),
            new TemplateData.AlertData(
                "resolved",
                with(labels, "foo", "bar", "baz", "qux"),
                with(annotations, "aaa", "bbb", "ccc", "ddd"),
                now.minusSeconds(600),
                now,
                "https://generatorurl.com",
                "fingerprint2")),
        "",
        LabelSet.of(
            Map.of("grouplabelkey1", "grouplabelvalue1", "grouplabelkey2", "grouplabelvalue2")),
        LabelSet.of(labels),
        LabelSet.of(annotations),
        LabelSet.EMPTY,
        "https://example.com");
  }

  private static LabelSet with(Map<String, String> common, String... pairs) {
    Map<String, String> m = new TreeMap<>(common);
    for (int i = 0; i < pairs.length; i += 2) {
      m.put(pairs[i], pairs[i + 1]);
    }
    return LabelSet.of(m);
  }
}

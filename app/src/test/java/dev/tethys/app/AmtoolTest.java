package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** amtool's commands compared with the real one, byte by byte, on one Alertmanager. */
@Tag("slow")
@Timeout(240)
class AmtoolTest {
  private static final String UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

  @TempDir Path dir;

  private static ToolRun ours(String in, List<String> args) {
    List<String> all = new ArrayList<>(List.of("amtool"));
    all.addAll(args);
    return ToolRun.of(in, all);
  }

  private ToolRun theirs(String in, List<String> args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Shared.peer("amtool").toString()));
    command.addAll(args);
    Path stdin = Files.writeString(Files.createTempFile(dir, "in", ".txt"), in);
    Path out = Files.createTempFile(dir, "out", ".txt");
    Path err = Files.createTempFile(dir, "err", ".txt");
    int status =
        new ProcessBuilder(command)
            .redirectInput(stdin.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start()
            .waitFor();
    return new ToolRun(status, Files.readString(out), Files.readString(err));
  }

  private void same(List<String> args) throws Exception {
    assertThat(ours("", args)).as(String.join(" ", args)).isEqualTo(theirs("", args));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config routes --config.file=@conf.routing.yml",
        "config routes show --config.file @conf.routing-reverted.yml",
        "config routes test --config.file=@conf.routing.yml test=1",
        "config routes test --tree --config.file=@conf.routing.yml test=2 a=b",
        "config routes test --config.file=@conf.routing-reverted.yml --tree test=2",
        "config routes test --config.file=@conf.routing.yml --verify.receivers=test1,test2 test=2",
        "config routes test --config.file=@conf.routing.yml --verify.receivers=test1 test=3",
        "config routes test --config.file=@conf.routing.yml a!=b",
        "config routes --config.file=no-such-file",
        "check-config @conf.good.yml @conf.routing.yml",
        "silence expire",
        "silence add",
        "silence update",
        "silence add a=b",
        "silence add a=b -c x -d 0s",
        "silence add a=b -c x --start=2030-01-01T00:00:00Z --end=2029-01-01T00:00:00Z",
        "template render --template.glob=x",
        "template render --template.glob=/no/such/*.tmpl"
            + " --template.text=a{{.Status}}&{{.CommonLabels.SortedPairs}}<{{.Receiver}}>",
        "template render --template.type=html --template.glob=/no/such/*.tmpl"
            + " --template.text=<b>{{.ExternalURL}}{{range.Alerts}}{{.Labels}}{{.StartsAt.IsZero}}{{end}}",
        "template render --template.type=foo --template.glob=x --template.text=y",
        "-o foo alert",
        "alert --nosuch",
        "alert -z",
        "config nosuch",
        "silence import nosuch",
        "silence query --within=xx",
        "check-config --nosuch",
        "template",
        "template nosuch",
        "template render --template.glob=x more",
        "alert --enable-feature=xx --alertmanager.url=http://127.0.0.1:1",
        "nonsense"
      })
  void withoutAServer(String line) throws Exception {
    List<String> args = new ArrayList<>();
    for (String w : line.split(" ")) {
      int at = w.indexOf('@');
      args.add(
          at < 0
              ? w
              : w.substring(0, at)
                  + Shared.conformance("alertmanager/amtool/" + w.substring(at + 1)));
    }
    same(args);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "{}", "null", "", "x", "[", "{\"a\": 1}", "[1]"})
  void rejectsImportOfMalformedSilences(String input) throws Exception {
    List<String> line = List.of("--alertmanager.url=http://127.0.0.1:1", "silence", "import");
    ToolRun theirs = theirs(input, line);
    ToolRun ours = ours(input, line);
    assertThat(ours.status()).isEqualTo(theirs.status());
    assertThat(ours.out()).isEqualTo(theirs.out());
    // The rest of the line is Go's decoder, or ours.
    String told = "amtool: error: couldn't unmarshal input data, is it JSON?: ";
    assertThat(ours.err().startsWith(told)).isEqualTo(theirs.err().startsWith(told));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "alert",
        "alert add a=b",
        "silence",
        "silence add a=b -c x",
        "silence expire c53aef37-fa41-43b7-8393-98d26ef443a7",
        "silence update c53aef37-fa41-43b7-8393-98d26ef443a7",
        "cluster",
        "config",
        "config routes test a=b"
      })
  void reportsUnreachableAlertmanagerAsAmtoolDoes(String line) throws Exception {
    List<String> args = new ArrayList<>(List.of("--alertmanager.url=http://127.0.0.1:1"));
    args.addAll(List.of(line.split(" ")));
    ToolRun theirs = theirs("", args);
    ToolRun ours = ours("", args);
    assertThat(ours.status()).isEqualTo(theirs.status()).isEqualTo(1);
    assertThat(ours.out()).isEqualTo(theirs.out());
    // Ours does not repeat the address, which the URL names.
    assertThat(ours.err()).isEqualTo(theirs.err().replaceFirst("dial tcp [^ ]+: ", ""));
  }

  @Test
  void invalidConfigurationsFail() throws Exception {
    String bad = Shared.conformance("alertmanager/amtool/conf.bad.yml").toString();
    ToolRun ours = ours("", List.of("check-config", bad));
    ToolRun theirs = theirs("", List.of("check-config", bad));
    assertThat(ours.status()).isEqualTo(theirs.status()).isEqualTo(1);
    assertThat(ours.err()).isEqualTo(theirs.err());
    assertThat(ours.out()).startsWith("Checking '" + bad + "'  FAILED: ");
  }

  @Test
  void supportsTracesAndNotesUnlikeTheOriginal() throws Exception {
    try (TethysProcess am = start()) {
      List<String> url = List.of("--alertmanager.url=http://127.0.0.1:" + am.port);
      assertThat(own(url, "alert", "add", "A", "a=1").status()).isZero();
      ToolRun t = own(url, "alert", "trace", "A", "a=1");
      assertThat(t.status()).isEqualTo(1); // the receiver has no integrations
      assertThat(t.out())
          .contains(" firing since ", "yes a=\"1\"  (value \"1\")")
          .contains("receiver second: nobody", "because: receiver second has no integrations");
      t = own(url, "alert", "note", "A", "a=1", "--author=me", "--acknowledge", "--comment=mine");
      assertThat(t.out()).matches(UUID + "\n");
      assertThat(own(url, "alert", "trace", "A", "a=1").out())
          .containsPattern("Acknowledged by me at .*: mine");
      assertThat(own(url, "alert", "note", "A", "--author=me").err())
          .contains("text is required for a note without an acknowledgement");
      assertThat(own(url, "alert", "trace", "B", "-o", "json").out()).contains("\"steps\"");
    }
  }

  private static ToolRun own(List<String> url, String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(url);
    return ours("", all);
  }

  private TethysProcess start() throws IOException {
    Files.writeString(
        dir.resolve("am.yml"),
        """
        route: {receiver: first, routes: [{receiver: second, matchers: ['a="1"']}]}
        receivers: [{name: first}, {name: second}]
        heartbeats: [{name: prometheus, matchers: [alertname="Watchdog"], within: 1h}]
        """);
    int port = Ports.free();
    return TethysProcess.launch(
            dir,
            port,
            List.of(
                "alertmanager",
                "--cluster.listen-address=",
                "--config.file=" + dir.resolve("am.yml"),
                "--storage.path=" + dir.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port))
        .awaitReady();
  }

  /** What amtool lacks. */
  @Test
  void handlesReturningSilencesAndHeartbeats() throws Exception {
    try (TethysProcess server = start()) {
      List<String> url = List.of("--alertmanager.url=http://127.0.0.1:" + server.port);
      String nights =
          "[{times: [{start_time: '00:00', end_time: '24:00'}], weekdays: ['monday:friday']}]";
      assertThat(own(url, "alert", "add", "night", "a=1").status()).isZero();
      ToolRun preview = own(url, "recurring", "preview", "alertname=~n.*", "--schedule=" + nights);
      assertThat(preview.err()).isEmpty();
      assertThat(preview.out().lines().filter(l -> l.matches(" *\\d{4}-.*\\d{4}-.*UTC *")))
          .hasSize(5);
      assertThat(preview.out()).contains("night");
      ToolRun made =
          own(
              url,
              "recurring",
              "add",
              "night",
              "--schedule=" + nights,
              "-c",
              "backups",
              "-a",
              "me");
      assertThat(made.out()).matches(UUID + "\n");
      String id = made.out().strip();
      assertThat(own(url, "recurring", "-q").out().strip()).isEqualTo(id);
      assertThat(own(url, "recurring").out())
          .contains("alertname=\"night\"", "backups", "me", "UTC");
      assertThat(own(url, "recurring", "query", "-o", "extended").out()).contains("monday:friday");
      ToolRun changed =
          own(url, "recurring", "update", id, "--until=2099-01-01T00:00:00Z", "-c", "longer");
      assertThat(changed.err()).isEmpty();
      String next = changed.out().strip();
      assertThat(next).matches(UUID).isNotEqualTo(id);
      String all = own(url, "recurring", "-o", "json").out();
      assertThat(all).contains(next, "longer", "2099-01-01", "monday:friday").doesNotContain(id);
      assertThat(own(url, "recurring", "update", id, "--until=2099-01-01T00:00:00Z").err())
          .contains("there is no recurring silence of the id " + id);
      assertThat(own(url, "recurring", "add", "x", "-c", "y", "--schedule=[{months: [13]}]").err())
          .contains("schedule:1:");
      assertThat(own(url, "recurring", "add", "x", "-c", "y").err()).contains("no schedule");
      assertThat(own(url, "recurring", "expire", next).status()).isZero();
      assertThat(own(url, "recurring", "-q").out()).isEmpty();
      assertThat(own(url, "recurring", "expire", next).status()).isEqualTo(1);

      ToolRun beats = own(url, "heartbeat");
      assertThat(beats.status()).isZero();
      assertThat(beats.out()).contains("prometheus", "alertname=\"Watchdog\"", "heard");
    }
  }

  @Test
  void againstAnAlertmanager() throws Exception {
    Shared.peer("amtool");
    try (TethysProcess server = start()) {
      String url = "--alertmanager.url=http://127.0.0.1:" + server.port;
      for (String line :
          List.of(
              "alert add one a=1 --annotation=summary=<first>&ü --generator-url=http://x/",
              "alert add alertname=two b=2 --start=2026-01-01T00:00:00+01:00",
              "alert add three a=1 --end=2099-01-01T00:00:00Z",
              "silence add alertname=~t.* b!=1 -c longer -a me --annotation=k=v -d 3h",
              "silence add one -c <short> -a you -d 2h",
              "silence add later -c x -a me --start=2098-01-01T00:00:00Z -d 1d")) {
        List<String> args = new ArrayList<>(List.of(url, "--no-version-check"));
        args.addAll(List.of(line.split(" ")));
        ToolRun ours = ours("", args);
        assertThat(ours.err()).as(line).isEmpty();
        assertThat(ours.status()).isZero();
        if (line.startsWith("silence")) {
          assertThat(ours.out()).matches(UUID + "\n");
        }
      }
      List<String> lines =
          List.of(
              "alert",
              "alert query -o json",
              "alert -o extended -s -a",
              "alert query --silenced --active -i -u one",
              "alert query -r second -s -a -o simple",
              "alert query a=1 -s -a -o json",
              "alert query foo=~( -a",
              "silence",
              "silence query -o extended",
              "silence -o json --date.format=15:04",
              "silence --created-by=me -q",
              "silence query --within=150m",
              "silence --expired",
              "silence query alertname=~t.*",
              "silence query --id=none",
              "silence expire 00000000-0000-0000-0000-000000000000",
              "silence update 00000000-0000-0000-0000-000000000000",
              "silence add a=b x=~( -c y",
              "config",
              "config show -o json",
              "config routes",
              "config routes test a=1 --tree",
              "cluster",
              "cluster show -o extended",
              "cluster -o json");
      for (String line : lines) {
        List<String> args = new ArrayList<>(List.of("--no-version-check", url));
        args.addAll(List.of(line.split(" ")));
        same(args);
      }
      // What is exported by the one is taken by the other.
      String json = theirs("", List.of(url, "--no-version-check", "silence", "-o", "json")).out();
      assertThat(ours(json, List.of(url, "silence", "import", "-w", "2")).out().lines()).hasSize(3);
      String id = ours("", List.of(url, "silence", "-q", "--created-by=you")).out().strip();
      ToolRun updated = ours("", List.of(url, "silence", "update", "-d", "5h", "-c", "new", id));
      assertThat(updated.out()).contains("new").contains("you");
      assertThat(ours("", List.of(url, "silence", "expire", id)).status()).isZero();
      assertThat(theirs("", List.of(url, "--no-version-check", "silence", "--expired", "-q")).out())
          .contains(id);
      ToolRun more = ours(json, List.of(url, "silence", "import", "--force"));
      assertThat(more.status()).isZero();
      assertThat(more.out()).matches("(" + UUID + "\n){3}");
    }
  }
}

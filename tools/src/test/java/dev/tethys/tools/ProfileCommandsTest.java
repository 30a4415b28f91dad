package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.ProfileBatchReader;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofWriter;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import dev.tethys.codec.pprof.Speedscope;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.StackMerge;
import dev.tethys.model.profiles.StackTree;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tethys tool profile} over files of pprof. */
class ProfileCommandsTest {
  private static final ValueType CPU = new ValueType("cpu", "nanoseconds");

  @TempDir Path dir;
  private Path before = Path.of("");
  private Path after = Path.of("");

  private static List<Frame> stack(String... innermostFirst) {
    List<Frame> out = new ArrayList<>();
    for (String f : innermostFirst) {
      out.add(new Frame(f, f + ".go", 1));
    }
    return out;
  }

  @BeforeEach
  void write() throws IOException {
    before = dir.resolve("before.pb.gz");
    after = dir.resolve("after.pb.gz");
    PprofWriter w = new PprofWriter(new ValueType("samples", "count"), CPU);
    w.add(stack("sign", "pay", "main"), 3, 30_000_000);
    w.add(stack("cart", "main"), 6, 60_000_000);
    w.add(stack("main", "loop", "main"), 1, 10_000_000);
    Files.write(before, w.toGzip(1_700_000_000_000_000_000L, 1, CPU, 10_000_000));
    w = new PprofWriter(new ValueType("samples", "count"), CPU);
    w.add(stack("sign", "pay", "main"), 30, 300_000_000);
    w.add(stack("cart", "main"), 6, 60_000_000);
    Files.write(after, w.toGzip(1_700_000_000_000_000_000L, 1, CPU, 10_000_000));
  }

  private static String run(int status, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
    int code = new ToolRole(List.of()).run(List.of(args), new Console(print, print, false));
    String text = out.toString(StandardCharsets.UTF_8);
    assertThat(code).as(text).isEqualTo(status);
    return text;
  }

  @Test
  void topSortsFunctionsBySelfValue() {
    assertThat(run(0, "profile", "top", before.toString()).lines())
        .containsExactly(
            "Type: cpu",
            "Total: 100ms",
            "        flat   flat%    sum%          cum    cum%  name",
            "        60ms  60.00%  60.00%         60ms  60.00%  cart",
            "        30ms  30.00%  90.00%         30ms  30.00%  sign",
            "        10ms  10.00% 100.00%        100ms 100.00%  main",
            "           0   0.00% 100.00%         30ms  30.00%  pay",
            "           0   0.00% 100.00%         10ms  10.00%  loop");
    assertThat(
            run(
                    0,
                    "profile",
                    "top",
                    "--cum",
                    "--limit=1",
                    "--sample-type=samples",
                    before + "",
                    after + "")
                .lines())
        .contains("           1   2.17%   2.17%           46 100.00%  main");
  }

  @Test
  void treePrintsCallersAboveCallees() {
    assertThat(run(0, "profile", "tree", "--limit=3", before.toString()).lines())
        .containsExactly(
            "         cum    cum%         flat  name",
            "       100ms 100.00%            0  main",
            "        60ms  60.00%         60ms    cart",
            "        30ms  30.00%            0    pay");
  }

  @Test
  void diffNamesTheFunctionThatGrewFirst() {
    assertThat(run(0, "profile", "diff", "--limit=2", before.toString(), after.toString()).lines())
        .containsExactly(
            "      before       %        after       %    change  name",
            "        30ms  30.00%        300ms  83.33%   +53.33%  sign",
            "        60ms  60.00%         60ms  16.67%   -43.33%  cart");
    assertThat(
            run(0, "profile", "diff", "--cum", "--limit=2", before.toString(), after.toString())
                .lines())
        .containsExactly(
            "      before       %        after       %    change  name",
            "        30ms  30.00%        300ms  83.33%   +53.33%  pay",
            "        30ms  30.00%        300ms  83.33%   +53.33%  sign");
  }

  @Test
  void foldsAndExportsStacks() throws IOException {
    assertThat(run(0, "profile", "folded", before.toString()).lines())
        .containsExactly("main;cart 60000000", "main;loop;main 10000000", "main;pay;sign 30000000");
    Path merged = dir.resolve("merged.pb.gz");
    run(0, "profile", "export", "-o", merged.toString(), before.toString(), after.toString());
    assertThat(run(0, "profile", "folded", merged.toString()).lines())
        .containsExactly(
            "main;cart 120000000", "main;loop;main 10000000", "main;pay;sign 330000000");
  }

  @Test
  void speedscopeHasTheSameStacks() throws IOException {
    Path file = dir.resolve("merged.speedscope.json");
    String[] command = {
      "profile", "export", "--file-format=speedscope", "-o", file.toString(), before.toString()
    };
    assertThat(run(0, command)).contains("process_cpu:cpu:nanoseconds");
    ProfilesWriter out = new ProfilesWriter();
    out.resource(Map.of());
    Speedscope.read(Files.readAllBytes(file), "cpu", 1, 1, out);
    byte[] otlp = out.toByteArray();
    ProfileBatch batch =
        ProfileBatchReader.read(new OtlpReader().profiles(otlp, 0, otlp.length), 1);
    ProfileSymbols symbols = batch.symbols.view();
    Samples samples = new Samples();
    batch.rows.read(0, samples);
    StackTree tree = new StackTree(1);
    StackMerge merge = new StackMerge(tree, 0, List.of(), Map.of());
    merge.begin(symbols);
    merge.profile(0, batch.rows, 0, samples);
    merge.end();
    StackTree.Sorted t = tree.sorted();
    assertThat(List.of(t.names())).contains("sign", "pay", "cart", "loop");
    assertThat(t.total()[0][0]).isEqualTo(100_000_000);
    assertThat(run(1, "profile", "export", "--file-format=dot", "-o", "x", before.toString()))
        .contains("--file-format is 'dot'; it must be pprof or speedscope");
  }

  @Test
  void namesInvalidFilesAndTypes() throws IOException {
    Path text = Files.writeString(dir.resolve("text"), "no profile");
    assertThat(run(1, "profile", "top", text.toString())).contains(text.toString());
    assertThat(run(1, "profile", "top", "--sample-type=heap", before.toString()))
        .contains("--sample-type is 'heap'; the files have cpu, samples");
  }

  @Test
  void uploadsDebugInformation() throws IOException {
    Path shop = Path.of("../codec/src/test/resources/elf/shop-clang-dwarf5");
    List<String> received = new ArrayList<>();
    Routes routes = new Routes();
    routes.put(
        "/buildid/{id}/debuginfo",
        (q, r) -> {
          byte[] body = q.body(1 << 20).readAllBytes();
          received.add(q.pathParam("id") + " " + body.length + " " + q.header("X-Scope-OrgID"));
          r.status(received.size() == 1 ? 200 : 400).send("refused");
        });
    try (HttpListener server =
        HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null)) {
      String[] command = {
        "profile",
        "upload-debuginfo",
        "--url=http://127.0.0.1:" + server.port(),
        "--org-id=team-a",
        shop.toString()
      };
      String id = "70de1ec376c95ad64b7cf2a9bf6b35cea78bace3";
      assertThat(run(0, command)).isEqualTo(shop + ": build " + id + "\n");
      assertThat(run(1, command)).isEqualTo(shop + ": 400 Bad Request: refused\n");
      assertThat(received).contains(id + " 22104 team-a");
      assertThat(run(1, "profile", "upload-debuginfo", before.toString()))
          .contains("not a 64-bit little-endian ELF file");
    }
  }
}

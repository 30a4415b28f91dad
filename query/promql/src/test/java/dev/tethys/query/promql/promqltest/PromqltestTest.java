package dev.tethys.query.promql.promqltest;

import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Every eval of every promqltest script of Prometheus, each as instant, fixed and range query. */
@Tag("slow")
class PromqltestTest {
  private static final EngineUnderTest ENGINE = new EngineUnderTest();

  @TestFactory
  Stream<DynamicNode> scripts() {
    return Shared.conformanceFiles("prometheus/promqltest", ".test").stream()
        .map(PromqltestTest::script);
  }

  private static DynamicNode script(Path p) {
    List<Command> commands;
    try {
      commands = Script.parse(Files.readString(p));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ScriptRun run = new ScriptRun(ENGINE, commands);
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 0; i < commands.size(); i++) {
      if (commands.get(i) instanceof Command.Eval e) {
        int at = i;
        tests.add(
            DynamicTest.dynamicTest("line " + e.line() + ": " + e.query(), () -> run.eval(at)));
      }
    }
    return DynamicContainer.dynamicContainer(p.getFileName().toString(), tests);
  }
}

package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void rowIsAlwaysOneLine() {
    Table t = new Table(0, 1);
    t.row("REASON", "BY");
    t.row("fine\r\n2026-01-01 admin\u001b[2J\u202e", "me");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    t.print(new PrintStream(out, true, StandardCharsets.UTF_8));
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "REASON                                  BY",
            "fine\\r\\n2026-01-01 admin\\u001b[2J\\u202e me");
  }
}

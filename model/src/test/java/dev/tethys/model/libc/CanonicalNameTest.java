package dev.tethys.model.libc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class CanonicalNameTest {
  @Test
  void queriesTheResolver() throws IOException {
    assertThat(CanonicalName.of("localhost")).startsWith("localhost");
    assertThat(CanonicalName.of("127.0.0.1")).isEqualTo("127.0.0.1");
  }

  @Test
  void rejectsInvalidNames() {
    assertThatThrownBy(() -> CanonicalName.of("a..b"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("lookup of a..b: ");
  }
}

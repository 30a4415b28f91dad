package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenedResourcesTest {
  private final List<String> closed = new ArrayList<>();

  private AutoCloseable failing(String name) {
    return () -> {
      closed.add(name);
      throw new IOException(name);
    };
  }

  @Test
  void closesAllAndReportsTheFirstFailure() {
    assertThatThrownBy(
            () -> {
              try (OpenedResources o = new OpenedResources()) {
                o.add(failing("a"));
                o.add(() -> closed.add("b"));
                o.add(failing("c"));
              }
            })
        .hasMessage("c")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(closed).containsExactly("c", "b", "a");
  }

  @Test
  void closeFailureDoesNotHideAnEarlierOne() {
    assertThatThrownBy(
            () -> {
              try (OpenedResources o = new OpenedResources()) {
                o.add(failing("a"));
                throw new IllegalStateException("the trial");
              }
            })
        .hasMessage("the trial");
    assertThat(closed).containsExactly("a");
  }
}

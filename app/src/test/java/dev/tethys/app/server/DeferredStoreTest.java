package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.storage.MetricStore;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeferredStoreTest {
  /** What is not passed on is answered by a default of the interface, without its warnings. */
  @Test
  void forwardsEveryQuery() {
    List<String> missing =
        Arrays.stream(MetricStore.class.getMethods())
            .filter(m -> !Modifier.isStatic(m.getModifiers()))
            .filter(m -> !isDeclared(m))
            .map(Method::toString)
            .toList();
    assertThat(missing).isEmpty();
  }

  private static boolean isDeclared(Method of) {
    return Arrays.stream(DeferredStore.class.getDeclaredMethods())
        .anyMatch(
            m ->
                m.getName().equals(of.getName())
                    && Arrays.equals(m.getParameterTypes(), of.getParameterTypes()));
  }
}

package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Reports of tests with missing items, as seen by Surefire. */
class SkippedByNameTest {
  private static final String INNER = "dev.tethys.testkit.inner";

  @EnabledIfSystemProperty(named = INNER, matches = "true", disabledReason = "run by another test")
  static class Factories {
    @TestFactory
    Stream<DynamicTest> atOnce() {
      return Stream.of(missing("a")).map(p -> dynamicTest("never", () -> {}));
    }

    @TestFactory
    Stream<DynamicTest> lazily() {
      return Stream.of("a").map(p -> dynamicTest(missing(p).toString(), () -> {}));
    }

    @TestFactory
    Stream<DynamicTest> whole() {
      return Stream.of(dynamicTest("one", () -> {}), dynamicTest("two", () -> missing("b")));
    }

    @TestFactory
    List<DynamicTest> wrong() {
      throw new IllegalStateException("not because something is missing");
    }

    @Test
    void alone() {
      missing("c");
    }

    @Test
    void untouched() {}
  }

  @EnabledIfSystemProperty(named = INNER, matches = "true", disabledReason = "run by another test")
  static class Whole {
    @BeforeAll
    static void start() {
      missing("server");
    }

    @BeforeEach
    void before() {
      throw new IllegalStateException("nothing was started");
    }

    @Test
    void one() {}

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void two(int n) {}

    @TestFactory
    Stream<DynamicTest> three() {
      return Stream.empty();
    }
  }

  private static Path missing(String name) {
    Assumptions.abort("needs " + name);
    return Path.of(name);
  }

  /** Events of tests, and of containers that are skipped: Surefire writes no more. */
  private static List<String> told(Class<?> tests) {
    List<String> told = new ArrayList<>();
    TestExecutionListener listener =
        new TestExecutionListener() {
          @Override
          public void executionSkipped(TestIdentifier t, String reason) {
            told.add(t.getLegacyReportingName() + " skipped: " + reason);
          }

          @Override
          public void executionFinished(TestIdentifier t, TestExecutionResult r) {
            if (t.isTest() || r.getStatus() == TestExecutionResult.Status.FAILED) {
              told.add(
                  t.getLegacyReportingName()
                      + " "
                      + r.getStatus().toString().toLowerCase(Locale.ROOT)
                      + r.getThrowable().map(e -> ": " + e.getMessage()).orElse(""));
            }
          }
        };
    LauncherConfig bare =
        LauncherConfig.builder()
            .enableTestExecutionListenerAutoRegistration(false)
            .enableLauncherSessionListenerAutoRegistration(false)
            .build();
    System.setProperty(INNER, "true");
    try {
      LauncherFactory.create(bare)
          .execute(
              LauncherDiscoveryRequestBuilder.request().selectors(selectClass(tests)).build(),
              listener);
    } finally {
      System.clearProperty(INNER);
    }
    return told;
  }

  @Test
  void abortedFactoryCreatesOneSkippedTest() {
    assertThat(told(Factories.class))
        .containsExactlyInAnyOrder(
            "atOnce()[1] aborted: needs a",
            "lazily()[1] aborted: needs a",
            "whole()[1] successful",
            "whole()[2] aborted: needs b",
            "wrong() failed: not because something is missing",
            "alone() aborted: needs c",
            "untouched() successful");
  }

  @Test
  void skipsEachTestOfAnAbortedClass() {
    assertThat(told(Whole.class))
        .containsExactlyInAnyOrder(
            "one() skipped: needs server",
            "two(int) skipped: needs server",
            "three() skipped: needs server");
  }
}

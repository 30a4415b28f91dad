package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.api.prometheus.PrometheusApi;
import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.model.regex.Regex;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the first requests after a start cost: no start-up cache keeps the classes of switches over
 * types, of {@code equals} and of {@code hashCode} of records, which are made where they first run.
 */
class FirstRequestTest {
  /** Asked for by themselves, not passed by each query, lookup or scrape. */
  private static final Set<String> SELDOM =
      Set.of("AstJson", "PrettyPrinter", "Explainer", "Explainer$SharedKey", "Consoles$Page");

  /** Packages that queries, lookups, and the text page pass: a class of each and their names. */
  private record Part(Class<?> one, String packages) {}

  private static List<Part> parts() {
    return List.of(
        new Part(PromqlEngine.class, "dev/tethys/query/promql"),
        new Part(PrometheusApi.class, "dev/tethys/api/prometheus"),
        new Part(MetricsDatabase.class, "dev/tethys/store/metrics"),
        new Part(Regex.class, "dev/tethys/model/regex"),
        new Part(Regex.class, "dev/tethys/model/storage"),
        new Part(EscapingScheme.class, "dev/tethys/codec/exposition"),
        new Part(Routes.class, "dev/tethys/web/internal"));
  }

  @ParameterizedTest
  @MethodSource("parts")
  void doesNotSwitchOverTypes(Part part) throws Exception {
    assertThat(found(part, c -> invokes(c, "typeSwitch", Set.of()))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("parts")
  void comparesKeysWithoutMakingClasses(Part part) throws Exception {
    assertThat(
            found(
                part,
                c ->
                    simpleName(c).endsWith("Key")
                        && (invokes(c, "equals", Set.of("equals"))
                            || invokes(c, "hashCode", Set.of("hashCode")))))
        .isEmpty();
  }

  @Test
  void supportsRecordsWithGeneratedMethods() throws IOException {
    ClassModel record = ClassFile.of().parse(bytes(Part.class));
    assertThat(invokes(record, "equals", Set.of("equals"))).isTrue();
    assertThat(invokes(record, "hashCode", Set.of("hashCode"))).isTrue();
  }

  private static byte[] bytes(Class<?> c) throws IOException {
    try (InputStream in = c.getResourceAsStream(c.getName().replaceAll(".*\\.", "") + ".class")) {
      return Objects.requireNonNull(in).readAllBytes();
    }
  }

  /** Whether a method, of all if none is named, links a call of this name when it first runs. */
  private static boolean invokes(ClassModel c, String call, Set<String> methods) {
    return c.methods().stream()
        .filter(m -> methods.isEmpty() || methods.contains(m.methodName().stringValue()))
        .flatMap(m -> m.code().stream())
        .flatMap(code -> code.elementStream())
        .anyMatch(
            e -> e instanceof InvokeDynamicInstruction i && i.name().stringValue().equals(call));
  }

  private static String simpleName(ClassModel c) {
    return c.thisClass().asInternalName().replaceAll(".*/", "");
  }

  private static List<String> found(Part part, Predicate<ClassModel> bad)
      throws IOException, URISyntaxException {
    Path at = Path.of(part.one.getProtectionDomain().getCodeSource().getLocation().toURI());
    if (Files.isDirectory(at)) {
      return found(at.resolve(part.packages), bad);
    }
    try (FileSystem jar = FileSystems.newFileSystem(at)) {
      return found(jar.getPath(part.packages), bad);
    }
  }

  private static List<String> found(Path folder, Predicate<ClassModel> bad) throws IOException {
    List<String> out = new ArrayList<>();
    int classes = 0;
    try (Stream<Path> s = Files.walk(folder)) {
      for (Path p : s.filter(f -> f.toString().endsWith(".class")).toList()) {
        ClassModel c = ClassFile.of().parse(Files.readAllBytes(p));
        classes++;
        if (bad.test(c) && !SELDOM.contains(simpleName(c))) {
          out.add(simpleName(c));
        }
      }
    }
    assertThat(classes).isPositive();
    return out;
  }
}

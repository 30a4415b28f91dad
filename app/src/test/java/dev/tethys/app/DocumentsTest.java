package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks that documents refer only to files, sections, types and packages that exist. */
@Tag("slow")
class DocumentsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final Set<String> SKIPPED =
      Set.of("target", "node_modules", ".git", ".build", "dist");

  /** Names of the JDK and flags of its virtual machine. */
  private static final Set<String> OF_THE_JDK =
      Set.of(
          "FreqInlineSize",
          "InlineSmallCode",
          "InstantSource",
          "LoggerFinder",
          "ServiceLoader",
          "String",
          "StringBuilder",
          "System");

  /** Documents about the code: the overviews, decisions and the README of each module. */
  private static final Pattern OF_THE_CODE =
      Pattern.compile(
          "(ARCHITECTURE|CONTRIBUTING|GLOSSARY)\\.md|docs/decisions/.*|(?!docs/).+/README\\.md");

  private static final Pattern FENCE = Pattern.compile("(?s)```.*?```");
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+\\s+(.*)$");
  private static final Pattern DECLARED =
      Pattern.compile("\\b(?:class|record|interface|enum) ([A-Z]\\w*)");
  private static final Pattern PACKAGE = Pattern.compile("(?m)^package dev\\.tethys\\.([\\w.]+);");
  private static final Pattern TYPE =
      Pattern.compile("((?:[a-z]\\w*\\.)*)([A-Z][a-z]\\w*)(?:\\.\\w+)*");

  private static final Pattern TEST = Pattern.compile("-Dtest='?([A-Z]\\w*)");

  @Test
  void linksLeadToFilesAndSections() throws IOException {
    Map<Path, Set<String>> sections = new HashMap<>();
    List<String> dead = new ArrayList<>();
    for (Path document : files(".md")) {
      String text =
          CODE.matcher(FENCE.matcher(Files.readString(document)).replaceAll("")).replaceAll("`");
      for (MatchResult link : LINK.matcher(text).results().toList()) {
        String target = link.group(1);
        if (target.matches("[a-z]+:.*")) {
          continue;
        }
        String[] parts = target.split("#", 2);
        Path file = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]).normalize();
        if (!Files.exists(file)
            || parts.length == 2
                && file.toString().endsWith(".md")
                && !sections.computeIfAbsent(file, DocumentsTest::sections).contains(parts[1])) {
          dead.add(ROOT.relativize(document) + ": " + target);
        }
      }
    }
    assertThat(dead).isEmpty();
  }

  @Test
  void namedTypesExist() throws IOException {
    Set<String> types = new HashSet<>(OF_THE_JDK);
    Map<String, Set<String>> packages = new HashMap<>(); // of each type
    for (Path source : files(".java")) {
      String text = Files.readString(source);
      String in = PACKAGE.matcher(text).results().map(r -> r.group(1)).findFirst().orElse("");
      for (MatchResult declared : DECLARED.matcher(text).results().toList()) {
        types.add(declared.group(1));
        packages.computeIfAbsent(declared.group(1), t -> new HashSet<>()).add(in);
      }
    }
    List<String> unknown = new ArrayList<>();
    for (Path document : files(".md")) {
      String name = ROOT.relativize(document).toString().replace('\\', '/');
      if (!OF_THE_CODE.matcher(name).matches()) {
        continue;
      }
      String text = FENCE.matcher(Files.readString(document)).replaceAll("");
      for (MatchResult code : CODE.matcher(text).results().toList()) {
        java.util.regex.Matcher type = TYPE.matcher(code.group(1));
        if (!type.matches()) {
          continue;
        }
        String in = type.group(1).isEmpty() ? "" : "." + type.group(1).replaceFirst("\\.$", "");
        Set<String> known = packages.getOrDefault(type.group(2), Set.of(""));
        if (!types.contains(type.group(2))
            || known.stream().noneMatch(p -> ("." + p).endsWith(in))) {
          unknown.add(name + ": " + code.group(1));
        }
      }
    }
    assertThat(unknown).isEmpty();
  }

  @Test
  void testsInExamplesExist() throws IOException {
    Set<String> tests = new HashSet<>();
    for (Path source : files(".java")) {
      tests.add(source.getFileName().toString().replace(".java", ""));
    }
    List<Path> places = files(".md");
    places.add(ROOT.resolve("tethys"));
    List<String> named = new ArrayList<>();
    for (Path place : places) {
      for (MatchResult m : TEST.matcher(Files.readString(place)).results().toList()) {
        named.add(m.group(1));
      }
    }
    assertThat(named).isNotEmpty().allMatch(tests::contains);
  }

  /** Names of the sections of a document, as links address them. */
  private static Set<String> sections(Path document) {
    Set<String> out = new HashSet<>();
    Map<String, Integer> seen = new HashMap<>();
    String text;
    try {
      text = FENCE.matcher(Files.readString(document)).replaceAll("");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    for (MatchResult heading : HEADING.matcher(text).results().toList()) {
      String section =
          heading
              .group(1)
              .strip()
              .replaceAll("\\[([^\\]]*)\\]\\([^)]*\\)", "$1")
              .toLowerCase(Locale.ROOT)
              .replaceAll("[^\\p{L}\\p{N}_ -]", "")
              .replace(' ', '-');
      int earlier = seen.merge(section, 1, Integer::sum) - 1;
      out.add(earlier == 0 ? section : section + "-" + earlier);
    }
    return out;
  }

  private static List<Path> files(String suffix) throws IOException {
    List<Path> out = new ArrayList<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            boolean skipped = SKIPPED.contains(String.valueOf(dir.getFileName()));
            return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(suffix)) {
              out.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    assertThat(out).hasSizeGreaterThan(50);
    return out;
  }
}

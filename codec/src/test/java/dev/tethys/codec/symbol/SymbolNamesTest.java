package dev.tethys.codec.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class SymbolNamesTest {
  private static final Pattern KEPT =
      Pattern.compile(
          "\\(anonymous namespace\\)|operator *(<<=|>>=|<=>|->\\*|<<|>>|<=|>=|->|\\(\\)|<|>|[^<>(]+)");

  private static final Pattern QUALIFIERS = Pattern.compile("( const| volatile|&)+(?=::|$)");

  @TempDir Path folder;

  /** Symbols of libstdc++, of programs of clang and rustc, and the names that c++filt has. */
  @ParameterizedTest
  @CsvFileSource(resources = "symbols.txt", delimiter = '|')
  void namesMatchTheSource(String symbol, String name) {
    assertThat(SymbolNames.readable(symbol)).isEqualTo(name);
  }

  @Test
  void omitsVersionsOfOtherSymbols() {
    assertThat(SymbolNames.readable("SSL_read@@OPENSSL_3.0.0")).isEqualTo("SSL_read");
    assertThat(SymbolNames.readable("main")).isEqualTo("main");
    assertThat(SymbolNames.readable("_ZN3foo")).isEqualTo("_ZN3foo");
    assertThat(SymbolNames.readable("_ZN4main3hot17h0123456789abcdefE.llvm.77"))
        .isEqualTo("main::hot");
  }

  @Test
  void keepsSymbolsWithoutIdentifiers() {
    assertThat(SymbolNames.readable("_RC0")).isEqualTo("_RC0");
    assertThat(SymbolNames.readable("_ZN17h0123456789abcdefE"))
        .isEqualTo("_ZN17h0123456789abcdefE");
  }

  @Property(tries = 5000)
  void anySymbolHasAName(
      @ForAll
          @StringLength(max = 60)
          @CharRange(from = '0', to = '9')
          @CharRange(from = 'A', to = 'Z')
          @CharRange(from = 'a', to = 'z')
          @CharRange(from = '_', to = '_')
          String text) {
    assertThat(SymbolNames.readable("_Z" + text)).isNotEmpty();
    assertThat(SymbolNames.readable("_ZN" + text)).isNotEmpty();
    assertThat(SymbolNames.readable("_R" + text)).isNotEmpty();
  }

  @Test
  void keepsSymbolsWithUnboundedExpansion() {
    String nested = "_Z1f" + "P".repeat(5_000) + "i";
    assertThat(SymbolNames.readable(nested)).isEqualTo(nested);
    StringBuilder doubling = new StringBuilder("_ZN1aE1aIi");
    for (int i = 0; i < 300; i++) {
      doubling.append("FvS_S0_S1_E");
    }
    assertThat(SymbolNames.readable(doubling.toString())).isNotEmpty();
    String back = "_RNvNvB_B_1a1b";
    assertThat(SymbolNames.readable(back)).isEqualTo(back);
  }

  /** Functions of the C++ library and of the JVM of this machine, beside c++filt. */
  @Test
  void namesLibraryFunctionsLikeCxxfilt() throws Exception {
    Path jvm = Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so");
    Path standard = Path.of("/usr/lib/x86_64-linux-gnu/libstdc++.so.6");
    assumeTrue(Files.exists(standard), standard + " does not exist");
    List<String> symbols =
        Stream.of(run("nm", "-j", jvm.toString()), run("nm", "-jD", standard.toString()))
            .flatMap(List::stream)
            .map(s -> s.replaceFirst("[@.].*", ""))
            .filter(s -> s.startsWith("_Z") && !s.startsWith("_ZT") && !s.startsWith("_ZG"))
            .filter(s -> !s.contains("cvM")) // the types of pointers are shortened
            .distinct()
            .toList();
    assumeTrue(symbols.size() > 1000, "the libraries have no symbols");
    Path file = Files.write(folder.resolve("symbols"), symbols);
    List<String> theirs = run("sh", "-c", "c++filt -p < '" + file + "'");
    assertThat(theirs).hasSameSizeAs(symbols);
    List<String> different = new ArrayList<>();
    for (int i = 0; i < symbols.size(); i++) {
      String ours = SymbolNames.readable(symbols.get(i));
      if (!ours.equals(withoutArguments(theirs.get(i)))) {
        different.add(symbols.get(i) + ": " + ours + ", not " + theirs.get(i));
      }
    }
    assertThat(different).isEmpty();
  }

  private static List<String> run(String... command) throws InterruptedException {
    try {
      Process p = new ProcessBuilder(command).start();
      String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      p.waitFor();
      return out.lines().toList();
    } catch (IOException e) {
      assumeTrue(false, command[0] + " is not installed");
      return List.of();
    }
  }

  /** A name of c++filt without template arguments, parameters of functions and tags of the ABI. */
  private static String withoutArguments(String name) {
    String s = name.replaceAll("\\[abi:\\w+\\]", "");
    StringBuilder out = new StringBuilder();
    Matcher kept = KEPT.matcher(s);
    for (int i = 0; i < s.length(); ) {
      char c = s.charAt(i);
      if (kept.region(i, s.length()).lookingAt() && startsWord(s, i)) {
        out.append(kept.group());
        i = kept.end();
      } else if (c == '<' || c == '(') {
        i = closing(s, i);
        Matcher qualifiers = QUALIFIERS.matcher(s).region(i, s.length());
        i = qualifiers.lookingAt() ? qualifiers.end() : i;
      } else {
        out.append(c);
        i++;
      }
    }
    return out.toString().strip();
  }

  private static boolean startsWord(String s, int i) {
    return i == 0 || s.charAt(i) == '(' || !Character.isJavaIdentifierPart(s.charAt(i - 1));
  }

  /** The place after the bracket that closes the one at a place; operators in between count not. */
  private static int closing(String s, int from) {
    char open = s.charAt(from);
    char close = open == '<' ? '>' : ')';
    int depth = 0;
    for (int i = from; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == open) {
        depth++;
      } else if (c == close && s.charAt(i - 1) != '-' && --depth == 0) {
        return i + 1;
      }
    }
    return s.length();
  }
}

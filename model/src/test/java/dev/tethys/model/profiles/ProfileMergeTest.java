package dev.tethys.model.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.profiles.AddressSymbols.Frame;
import dev.tethys.model.profiles.ProfileMerge.Innermost;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProfileMergeTest {
  private final ProfileSymbolTable symbols = new ProfileSymbolTable();
  private final ProfileRows rows = new ProfileRows();
  private final Samples samples = new Samples();

  private int node(int parent, String function, long address, long line) {
    long name = symbols.string(function);
    int f = symbols.functions.intern(new long[] {name, name, 0, 0}, 4);
    int l = symbols.locations.intern(new long[] {0, address, 0, f, line, 0}, 6);
    return symbols.nodes.intern(parent, l);
  }

  private void readInto(ProfileReader to) {
    to.begin(symbols.view());
    for (int row = 0; row < rows.count; row++) {
      rows.read(row, samples);
      to.profile(0, rows, row, samples);
    }
    to.end();
  }

  /** Stacks with functions and lines, the outermost first, and their values. */
  private static List<String> stacks(ProfileMerge m) {
    ProfileSymbols s = m.symbols();
    List<String> out = new ArrayList<>();
    for (int i = 0; i < m.samples().count(); i++) {
      List<String> frames = new ArrayList<>();
      for (int n = (int) m.samples().get(i, 0); n != 0; n = (int) s.nodes().get(n, 0)) {
        int l = (int) s.nodes().get(n, 1);
        frames.add(s.frame(l, 0) + ":" + s.locations().get(l, 4));
      }
      out.add(String.join(";", frames.reversed()) + " " + m.value(i));
    }
    return out;
  }

  private void addCalls() {
    int main = node(0, "main", 1, 5);
    int pay = node(main, "pay", 2, 8);
    samples.add(node(pay, "sign", 3, 20), 0, 3);
    samples.add(node(pay, "sign", 4, 21), 0, 4);
    samples.add(node(node(pay, "sign", 3, 20), "sha", 9, 1), 0, 7);
    rows.add(0, 100, 10, 1, 0, samples);
  }

  @Test
  void keepsTheInnermostLocations() {
    addCalls();
    ProfileMerge m = new ProfileMerge(new Innermost(2, false));
    readInto(m);
    assertThat(stacks(m)).containsExactly("pay:8;sign:20 3", "pay:8;sign:21 4", "sign:20;sha:1 7");
  }

  @Test
  void sumsLinesOfTheInnermostFunction() {
    addCalls();
    ProfileMerge m = new ProfileMerge(new Innermost(0, true));
    readInto(m);
    assertThat(stacks(m)).containsExactly("main:5;pay:8;sign:0 7", "main:5;pay:8;sign:20;sha:0 7");
  }

  @Test
  void chargesDistinctStacksToTheRequest() {
    int main = node(0, "main", 1, 5);
    for (int row = 0; row < 20; row++) {
      for (int i = 0; i < 1000; i++) {
        samples.add(node(main, "f" + i, row * 1000L + i, 1), 0, 1);
      }
      rows.add(0, row, 10, 1, 0, samples);
      samples.clear();
    }
    ProfileMerge all = new ProfileMerge(false);
    long[] charged = new long[1];
    RequestMemory.during(
        n -> charged[0] += n,
        () -> {
          readInto(all);
          return all;
        });
    assertThat(all.samples().count()).isEqualTo(20_000);
    assertThat(charged[0]).isBetween(20_000L * 100, 20_000L * 1000);
    long once = charged[0];
    RequestMemory.during(
        n -> charged[0] += n,
        () -> {
          readInto(all);
          return all;
        });
    assertThat(charged[0]).as("known stacks").isEqualTo(once);
  }

  /** Two frames for each even address of a file. */
  private static AddressSymbols evenAddresses(List<String> asked) {
    return (scope, file, addresses, stopped) -> {
      asked.add(scope.tenant() + " " + file.buildId() + " " + Arrays.toString(addresses));
      return Arrays.stream(addresses)
          .mapToObj(
              a ->
                  a % 2 != 0
                      ? List.<Frame>of()
                      : List.of(
                          new Frame("f" + a, "_f" + a, "f.c", (int) a),
                          new Frame("outer", "outer", "", 0)))
          .toList();
    };
  }

  @Test
  void namesOnlySelectedAddresses() {
    long id = symbols.string("abcd");
    int mapping = symbols.mappings.intern(new long[] {1, 100, 0, 0, id, 0}, 6);
    int[] nodes = new int[6];
    for (int i = 1; i < nodes.length; i++) {
      int location = symbols.locations.intern(new long[] {mapping, 10 + i, 0}, 3);
      nodes[i] = symbols.nodes.intern(i < 4 ? nodes[i - 1] : 0, location);
    }
    samples.add(nodes[2], 0, 5);
    samples.add(nodes[3], 0, 6);
    samples.add(node(0, "named", 77, 1), 0, 1);
    rows.add(0, 100, 10, 1, 0, samples);
    List<String> asked = new ArrayList<>();
    StackTree tree = new StackTree(1);
    StackMerge merge = new StackMerge(tree, 0, List.of(), Map.of());
    readInto(new SymbolizedReader(merge, evenAddresses(asked), Scope.of("t"), () -> false));
    assertThat(asked).containsExactly("t abcd [13, 12, 11]");
    StackTree.Sorted s = tree.sorted();
    assertThat(List.of(s.names())).contains("0xb", "outer", "f12", "0xd", "named");
    assertThat(s.total()[0][0]).isEqualTo(12);
    ProfileMerge m = new ProfileMerge(false);
    readInto(new SymbolizedReader(m, evenAddresses(asked), Scope.of("t"), () -> false));
    assertThat(m.symbols().mappings().get(1, 5)).isEqualTo(15);
  }

  @Test
  void passesProfilesWithNamesWithoutCollectingThem() {
    addCalls();
    List<String> asked = new ArrayList<>();
    ProfileMerge m = new ProfileMerge(false);
    readInto(new SymbolizedReader(m, evenAddresses(asked), Scope.of("t"), () -> false));
    assertThat(asked).isEmpty();
    assertThat(m.profiles()).isEqualTo(1);
  }

  @Test
  void namesManyProfilesPartByPart() {
    long id = symbols.string("abcd");
    int mapping = symbols.mappings.intern(new long[] {1, 100, 0, 0, id, 0}, 6);
    int location = symbols.locations.intern(new long[] {mapping, 12, 0}, 3);
    int node = symbols.nodes.intern(0, location);
    for (int i = 0; i < 1000; i++) {
      samples.add(node, i, Long.MAX_VALUE - i); // ten bytes and more each
    }
    List<String> asked = new ArrayList<>();
    ProfileMerge m = new ProfileMerge(false);
    ProfileReader reader =
        new SymbolizedReader(m, evenAddresses(asked), Scope.of("t"), () -> false);
    reader.begin(symbols.view());
    rows.add(0, 100, 10, 1, 0, samples);
    for (int i = 0; i < 1500; i++) {
      reader.profile(0, rows, 0, samples);
    }
    reader.end();
    assertThat(m.profiles()).isEqualTo(1500);
    assertThat(asked).hasSizeBetween(2, 10);
    assertThat(m.symbols().frame(1, 0)).isEqualTo("f12");
  }
}

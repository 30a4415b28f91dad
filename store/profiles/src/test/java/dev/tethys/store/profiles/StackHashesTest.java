package dev.tethys.store.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.profiles.ProfileSymbolTable;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.SymbolCopier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StackHashesTest {
  /** Symbols with few different values, so that stacks differ in single fields. */
  private static ProfileSymbolTable random(Random random, List<Integer> stacks) {
    ProfileSymbolTable t = new ProfileSymbolTable();
    List<Integer> nodes = new ArrayList<>(List.of(0));
    for (int i = 0; i < 400; i++) {
      long[] mapping = {random.nextInt(2), 0, 0, text(t, random), text(t, random), 0};
      long[] function = {text(t, random), text(t, random), text(t, random), random.nextInt(2)};
      long[] location = new long[9];
      location[0] = t.mappings.intern(mapping, 6);
      location[1] = random.nextInt(2) * (1L << 63);
      location[3] = t.functions.intern(function, 4);
      location[4] = random.nextInt(3);
      location[6] = location[3];
      int length = 3 + 3 * random.nextInt(3);
      int l = t.locations.intern(location, length);
      nodes.add(t.nodes.intern(nodes.get(random.nextInt(nodes.size())), l));
    }
    stacks.addAll(nodes);
    return t;
  }

  private static int text(ProfileSymbolTable t, Random random) {
    return t.string(new String[] {"", "a", "longer than a word", "ä"}[random.nextInt(4)]);
  }

  @Test
  void equalStacksOfTwoTablesHaveEqualHashes() {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      ProfileSymbolTable both = new ProfileSymbolTable();
      Map<String, Integer> nodes = new HashMap<>();
      for (int i = 0; i < 2; i++) {
        List<Integer> stacks = new ArrayList<>();
        ProfileSymbols s = random(random, stacks).view();
        SymbolCopier copier = new SymbolCopier(s, both);
        StackHashes hashes = new StackHashes().read(s);
        for (int stack : stacks) {
          int node = copier.node(stack);
          String hash = hashes.high(stack) + " " + hashes.low(stack);
          assertThat(nodes.getOrDefault(hash, node)).isEqualTo(node);
          nodes.put(hash, node);
        }
      }
      assertThat(nodes.values()).doesNotHaveDuplicates();
    }
  }

  @Test
  void indexFindsAddedEntries() {
    StackIndex index = new StackIndex();
    Random random = new Random(1);
    List<long[]> added = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      long[] hash = {random.nextInt(3), random.nextLong()}; // the first halves collide
      assertThat(index.find(hash[0], hash[1])).isEqualTo(-1);
      index.add(hash[0], hash[1], i);
      added.add(hash);
    }
    for (int i = 0; i < added.size(); i++) {
      assertThat(index.find(added.get(i)[0], added.get(i)[1])).isEqualTo(i);
    }
  }
}

package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.profiles.ProfileReader;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.ProfileSymbolTable;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.store.events.DeletionMark;
import dev.tethys.store.events.EventView;
import dev.tethys.store.events.LivePart;
import dev.tethys.store.events.PartEntry;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Selection of profiles in a view of the engine. Not thread-safe. */
final class FoundProfiles implements ProfileSelection {
  private static final Samples NONE = new Samples();
  private static final ProfileSymbols EMPTY = new ProfileSymbolTable().view();

  private final EventView<ProfileHead.Snapshot, ProfilePart> view;
  private final List<Matcher> matchers;
  private final long from;
  private final long to;
  private final Map<Labels, Integer> indexes = new HashMap<>();
  private final List<Labels> series = new ArrayList<>();
  private final List<Head> heads = new ArrayList<>();
  private final List<Part> parts = new ArrayList<>();
  private final Set<String> damage = new LinkedHashSet<>();
  private long oldest = Long.MAX_VALUE;
  private long newest = Long.MIN_VALUE;

  /** Head with the index of the selection for each series, -1 for none. */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  private record Head(ProfileHead.Snapshot rows, int[] selected) {}

  /** Part with its selection, as in {@link Head}, and the blocks to read. */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  private record Part(LivePart<ProfilePart> live, ProfilePart part, int[] selected, int[] blocks) {}

  FoundProfiles(
      EventView<ProfileHead.Snapshot, ProfilePart> view,
      List<Matcher> matchers,
      long from,
      long to) {
    this.view = view;
    this.matchers = matchers;
    this.from = from;
    this.to = to;
    for (EventView.HeadView<ProfileHead.Snapshot> h : view.heads()) {
      add(h.rows());
    }
    for (LivePart<ProfilePart> live : view.parts()) {
      ProfilePart part = live.get();
      if (part != null) {
        try {
          add(live, part);
        } catch (CorruptionException e) {
          live.damaged(e);
        }
      }
      String found = live.damage();
      if (found != null) {
        damage.add("profiles are missing, part is not readable: " + found);
      }
    }
  }

  private int index(Labels labels) {
    return indexes.computeIfAbsent(
        labels,
        l -> {
          series.add(l);
          return series.size() - 1;
        });
  }

  private void add(ProfileHead.Snapshot h) {
    boolean[] present = new boolean[h.series().size()];
    for (ProfileRows c : h.chunks()) {
      for (int r = 0; r < c.count; r++) {
        present[c.series[r]] |= c.times[r] >= from && c.times[r] < to;
      }
    }
    int[] selected = new int[present.length];
    boolean any = false;
    for (int i = 0; i < selected.length; i++) {
      Labels l = h.series().get(i);
      selected[i] = present[i] && Matcher.matchAll(matchers, l) ? index(l) : -1;
      any |= selected[i] >= 0;
    }
    if (any) {
      heads.add(new Head(h, selected));
      for (ProfileRows c : h.chunks()) {
        for (int r = 0; r < c.count; r++) {
          if (selected[c.series[r]] >= 0 && c.times[r] >= from && c.times[r] < to) {
            found(c.times[r], c.times[r]);
          }
        }
      }
    }
  }

  private void add(LivePart<ProfilePart> live, ProfilePart part) {
    ProfilePart.Index index = part.index();
    int[] selected = new int[index.series().length];
    Arrays.fill(selected, -2);
    int[] blocks = new int[part.blocks()];
    int n = 0;
    for (int b = 0; b < blocks.length; b++) {
      if (part.file().first(b) >= to || part.file().last(b) < from) {
        continue;
      }
      boolean any = false;
      for (int i = index.blocks()[b]; i < index.blocks()[b + 1]; i++) {
        int number = index.numbers()[i];
        if (index.firsts()[i] >= to || index.lasts()[i] < from) {
          continue;
        }
        if (selected[number] == -2) {
          Labels l = index.series()[number];
          selected[number] =
              Matcher.matchAll(matchers, l) && isVisible(l, live.entry()) ? index(l) : -1;
        }
        if (selected[number] >= 0) {
          any = true;
          found(Math.max(from, index.firsts()[i]), Math.min(to - 1, index.lasts()[i]));
        }
      }
      if (any) {
        blocks[n++] = b;
      }
    }
    if (n > 0) {
      parts.add(new Part(live, part, selected, Arrays.copyOf(blocks, n)));
    }
  }

  /** False if one deletion hides all rows of a series in a part. */
  private boolean isVisible(Labels labels, PartEntry entry) {
    for (DeletionMark m : marks(entry)) {
      if (m.from() <= entry.first()
          && m.to() > entry.last()
          && ProfileCondition.decode(m.condition()).fits(labels)) {
        return false;
      }
    }
    return true;
  }

  private List<DeletionMark> marks(PartEntry e) {
    return view.deletions().stream()
        .filter(m -> m.appliesTo(e.tenant(), e.generation(), e.first(), e.last()))
        .toList();
  }

  private void found(long first, long last) {
    oldest = Math.min(oldest, first);
    newest = Math.max(newest, last);
  }

  @Override
  public long oldest() {
    return oldest;
  }

  @Override
  public long newest() {
    return newest;
  }

  @Override
  public List<Labels> series() {
    return List.copyOf(series);
  }

  @Override
  public void read(ProfileReader reader, BooleanSupplier stopped) {
    for (Head h : heads) {
      reader.begin(h.rows.symbols());
      read(h, reader, stopped);
      reader.end();
    }
    for (Part p : parts) {
      if (stopped.getAsBoolean()) {
        return;
      }
      read(p, reader, stopped);
    }
  }

  private void read(Head h, ProfileReader reader, BooleanSupplier stopped) {
    boolean needsSamples = reader.needsSamples();
    Samples samples = needsSamples ? new Samples() : NONE;
    for (ProfileRows c : h.rows.chunks()) {
      for (int r = 0; r < c.count; r++) {
        if ((r & 0xff) == 0 && stopped.getAsBoolean()) {
          return;
        }
        int s = h.selected[c.series[r]];
        if (s >= 0 && c.times[r] >= from && c.times[r] < to) {
          if (needsSamples) {
            c.read(r, samples);
          }
          reader.profile(s, c, r, samples);
        }
      }
    }
  }

  private void read(Part p, ProfileReader reader, BooleanSupplier stopped) {
    ProfileSymbols symbols;
    try {
      symbols = reader.needsSamples() ? p.part.symbols() : EMPTY;
    } catch (CorruptionException e) {
      damaged(e);
      return;
    }
    List<DeletionMark> marks = marks(p.live.entry());
    HiddenRows[] hidden = new HiddenRows[p.selected.length];
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] =
          p.selected[i] >= 0
              ? HiddenRows.of(marks, p.part.index().series()[i])
              : new HiddenRows(List.of());
    }
    reader.begin(symbols);
    for (int b : p.blocks) {
      if (stopped.getAsBoolean()) {
        break;
      }
      try {
        p.part.read(
            b,
            (n, time) ->
                p.selected[n] < 0 || time < from || time >= to || hidden[n].contains(time)
                    ? -1
                    : p.selected[n],
            reader,
            symbols,
            stopped);
        String missing = p.part.file().missing(b);
        if (missing != null) {
          damage.add("profiles are incomplete: " + missing);
        }
      } catch (CorruptionException e) {
        damaged(e);
      }
    }
    reader.end();
  }

  private void damaged(CorruptionException e) {
    damage.add("profiles are missing: " + e.getMessage());
  }

  @Override
  public List<String> damage() {
    return List.copyOf(damage);
  }

  @Override
  public void close() {
    view.close();
  }
}

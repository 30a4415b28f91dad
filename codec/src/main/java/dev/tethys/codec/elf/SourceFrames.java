package dev.tethys.codec.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Source frames of addresses of a file: functions with inlined ones, files and lines from DWARF or
 * the Go tables, otherwise functions from symbol tables. Nothing is kept between calls.
 */
public final class SourceFrames {
  private SourceFrames() {}

  /** True if a file has line numbers, not only symbols. */
  public static boolean hasLines(ElfFile elf) {
    return hasDwarf(elf) || GoFunctions.isIn(elf);
  }

  private static boolean hasDwarf(ElfFile elf) {
    return elf.section(".debug_line") != null;
  }

  /** True for a package (.dwp) with the split DWARF of a program. */
  public static boolean isPackage(ElfFile elf) {
    return elf.section(".debug_cu_index") != null;
  }

  /** True for the split DWARF of one compilation (.dwo). */
  public static boolean isSplitUnit(ElfFile elf) {
    return !isPackage(elf) && elf.section(".debug_info.dwo") != null;
  }

  /** Frames of addresses of a file with all its DWARF. */
  public static List<List<SourceFrame>> of(ElfFile elf, long[] addresses) throws IOException {
    return of(elf, SplitFiles.NONE, addresses);
  }

  /**
   * Frames of addresses. The budget of the file bounds the work; its stop signal ends it.
   *
   * @param addresses addresses within the file
   * @param split files with parts of the program's DWARF data
   * @return for each address its frames, the innermost first; empty if nothing is known
   * @throws IOException if the file cannot be read; damaged debug information is omitted
   */
  public static List<List<SourceFrame>> of(ElfFile elf, SplitFiles split, long[] addresses)
      throws IOException {
    long[] sorted = Arrays.stream(addresses).filter(a -> a > 0).sorted().distinct().toArray();
    List<List<SourceFrame>> found = new ArrayList<>();
    GoFunctions go = ElfFunctions.goFunctions(elf);
    @Nullable String[] symbols = ElfFunctions.symbols(elf, go, sorted); // first: they need least
    Dwarf dwarf = hasDwarf(elf) ? Dwarf.read(elf, split, sorted) : null;
    List<List<SourceFrame>> ofGo = go == null ? List.of() : goFrames(elf, go, sorted);
    for (int i = 0; i < sorted.length; i++) {
      String s = symbols[i];
      List<SourceFrame> frames = frames(dwarf, i, s == null ? "" : s);
      boolean hasLine = frames.stream().anyMatch(f -> f.line() > 0);
      boolean isOfGo = !hasLine && i < ofGo.size() && !ofGo.get(i).isEmpty();
      found.add(isOfGo ? ofGo.get(i) : frames);
    }
    List<List<SourceFrame>> out = new ArrayList<>();
    for (long a : addresses) {
      int i = Arrays.binarySearch(sorted, a);
      out.add(i < 0 ? List.of() : found.get(i));
    }
    return out;
  }

  /** Frames of the Go tables by address; fewer than addresses if the step limit is reached. */
  private static List<List<SourceFrame>> goFrames(ElfFile elf, GoFunctions go, long[] sorted) {
    List<List<SourceFrame>> out = new ArrayList<>();
    try {
      GoLines lines = new GoLines(elf, go);
      for (long a : sorted) {
        out.add(lines.frames(a));
      }
    } catch (IOException | IndexOutOfBoundsException | ArithmeticException e) {
      // damaged: keep function names only
    }
    return out;
  }

  private static List<SourceFrame> frames(@Nullable Dwarf dwarf, int index, String symbol) {
    List<SourceFrame> out =
        dwarf == null ? new ArrayList<>() : new ArrayList<>(dwarf.frames(index));
    if (out.isEmpty()) {
      return symbol.isEmpty() ? List.of() : List.of(new SourceFrame(symbol, "", 0));
    }
    SourceFrame outer = out.getLast();
    boolean isShort = dwarf != null && dwarf.supplement.isMissing() && !symbol.isEmpty();
    if (outer.symbol().isEmpty() || isShort) {
      out.set(out.size() - 1, new SourceFrame(symbol, outer.file(), outer.line()));
    }
    return List.copyOf(out);
  }

  /** Functions and lines from DWARF; parts that are damaged are omitted. */
  private record Dwarf(DwarfInfo info, DwarfLines lines, DwarfSupplement supplement) {
    static Dwarf read(ElfFile elf, SplitFiles split, long[] wanted) throws IOException {
      DwarfCursor debugInfo = section(elf, ".debug_info");
      DwarfCursor debugLine = section(elf, ".debug_line");
      DwarfForms forms =
          new DwarfForms(
              debugInfo,
              debugLine,
              section(elf, ".debug_str"),
              section(elf, ".debug_line_str"),
              section(elf, ".debug_str_offsets"),
              section(elf, ".debug_addr"),
              DwarfSupplement.of(elf, split, elf.budget()));
      DwarfInfo info =
          new DwarfInfo(
              debugInfo,
              section(elf, ".debug_abbrev"),
              section(elf, ".debug_ranges"),
              section(elf, ".debug_rnglists"),
              forms,
              new DwarfSplit(split, elf.budget()),
              wanted);
      try {
        info.run();
      } catch (IOException | IndexOutOfBoundsException | ArithmeticException e) {
        // damaged: keep the functions found so far and the symbol tables
      }
      DwarfLines lines = new DwarfLines(debugLine, forms, info.folders(), wanted);
      try {
        lines.run();
      } catch (IOException | IndexOutOfBoundsException | ArithmeticException e) {
        // damaged: keep the lines found so far
      }
      return new Dwarf(info, lines, forms.supplement);
    }

    /** A section; empty if there is none, or it is damaged. */
    private static DwarfCursor section(ElfFile elf, String name) {
      try {
        return new DwarfCursor(elf.content(name), elf.budget());
      } catch (IOException e) {
        return new DwarfCursor(ByteBuffer.allocate(0), elf.budget());
      }
    }

    /** Frames of an address, the innermost first. */
    List<SourceFrame> frames(int index) {
      List<DwarfInfo.Scope> scopes = info.scopes(index);
      String file = lines.file(index);
      int line = lines.line(index);
      if (scopes.isEmpty()) {
        return file.isEmpty() ? List.of() : List.of(new SourceFrame("", file, line));
      }
      List<SourceFrame> out = new ArrayList<>();
      for (int i = scopes.size() - 1; i >= 0; i--) {
        DwarfInfo.Scope s = scopes.get(i);
        out.add(new SourceFrame(s.symbol(), file, line));
        file = s.callFile() < 0 ? "" : callFile(s);
        line = s.callLine();
      }
      return out;
    }

    private String callFile(DwarfInfo.Scope s) {
      try {
        return lines.file(s.lines(), s.callFile());
      } catch (IOException | IndexOutOfBoundsException | ArithmeticException e) {
        return ""; // damaged
      }
    }
  }
}

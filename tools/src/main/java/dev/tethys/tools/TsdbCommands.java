package dev.tethys.tools;

import java.util.ArrayList;
import java.util.List;

/** The commands below {@code tethys tool tsdb}. */
final class TsdbCommands {
  private TsdbCommands() {}

  /** All commands, in help order. */
  static List<Command> all() {
    List<Command> out = new ArrayList<>();
    out.add(ListBlocks.command());
    out.add(AnalyzeBlock.command());
    out.addAll(DumpSeries.commands());
    out.add(VerifyFolder.command());
    out.addAll(ImportData.commands());
    out.add(BackfillRules.command());
    out.addAll(ExportData.commands());
    out.addAll(BackupData.commands());
    out.add(BenchWrite.command());
    return out;
  }
}

package dev.tethys.collect.observe.tls;

/**
 * Instruction at which a program runs.
 *
 * @param program its name in tls.h
 * @param offset of the instruction in the file
 */
record ProbePoint(String program, long offset) {}

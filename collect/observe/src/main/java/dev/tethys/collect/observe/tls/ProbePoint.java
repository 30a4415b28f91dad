package dev.tethys.collect.observe.tls;

/**
 * Instruction that triggers a program.
 *
 * @param program its name in tls.h
 * @param offset file offset of the instruction
 */
record ProbePoint(String program, long offset) {}

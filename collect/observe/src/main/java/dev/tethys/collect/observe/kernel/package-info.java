/** Loading, attaching and reading of eBPF programs, without a native library. */
@NullMarked
package dev.tethys.collect.observe.kernel;

import org.jspecify.annotations.NullMarked;

/** The command line as Prometheus's users know it: flags, help, exit codes. */
@NullMarked
package dev.tethys.runtime.cli;

import org.jspecify.annotations.NullMarked;

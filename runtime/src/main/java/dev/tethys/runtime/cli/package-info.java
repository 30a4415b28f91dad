/** Command line in the form of Prometheus's: flags, help, exit codes. */
@NullMarked
package dev.tethys.runtime.cli;

import org.jspecify.annotations.NullMarked;

/** The command line as Prometheus's users know it: flags, help, exit codes. */
@NullMarked
package dev.tethys.app.cli;

import org.jspecify.annotations.NullMarked;

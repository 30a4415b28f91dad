/** Log output: one handler of System.Logger, as logfmt or JSON on standard error. */
@NullMarked
package dev.tethys.runtime.log;

import org.jspecify.annotations.NullMarked;

/** OpAMP server and its offers to agents. */
@NullMarked
package dev.tethys.control.opamp;

import org.jspecify.annotations.NullMarked;

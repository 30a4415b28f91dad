/** OpAMP server and what it offers to agents. */
@NullMarked
package dev.tethys.control.opamp;

import org.jspecify.annotations.NullMarked;

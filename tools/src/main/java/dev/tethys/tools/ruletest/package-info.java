/** Unit tests of rules: their files, how they are run, what is said of them. */
@NullMarked
package dev.tethys.tools.ruletest;

import org.jspecify.annotations.NullMarked;

package io.eurus.junit;

class FirstClassTest extends SharedByClasses {}

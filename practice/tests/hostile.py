"""Lines that a learner types and that would keep a machine busy for ever, each in its own way."""

LINES = r"""
head -c 300000 /dev/zero | tr '\0' a | sed 's/a*b//'
head -c 300000 /dev/zero | tr '\0' a | sed 's/a/bb/g' | wc -c
head -c 300000 /dev/zero | tr '\0' a | sed 's/a*b\|a/x/g' | wc -c
head -c 100000 /dev/zero | tr '\0' a | grep -o 'a\?' | wc -l
echo aaaaaaaaaaaaaaaaaaaaaaaaaa | grep -E 'a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?b'
seq 1 1000000000000 | cat > /dev/null
yes | sort
cat /dev/zero | tr '\0' a | wc -c
f() { f; f; }; f
f() { f | f; }; f
b() { b | b & }; b
while :; do :; done
while true; do true & done
x=$(yes)
x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done
x=$(head -c 200000 /dev/zero | tr '\0' a); echo ${x//a/aaaa} $x$x$x$x$x$x$x$x$x$x$x | wc -c
x=$(head -c 200000 /dev/zero | tr '\0' a); echo ${x%%*a*a*a*a*b} ${x//a*b/c} | wc -c
echo x > f; while :; do cat f f > g; mv g f; done
find / -exec grep -r root {} \;
yes > f
while :; do echo x >> f; done
head -c 10000000000 /dev/zero > f; cat f f | sort
i=0; while :; do i=$((i+1)); mkdir -p d/a/b/$i; echo d/*/*/* /*/*/*/* > /dev/null; done
while :; do cp -r /etc n; ls -lR n > /dev/null; du n > /dev/null; rm -r n; done
printf '%60000d' 1 | cut -c 2- | rev | fold -w 1 | uniq -c
head -c 5000000 /dev/zero | tr '\0' '\n' | sort | uniq -c
head -c 16000000 /dev/zero | md5sum; head -c 3000000 /dev/zero | wc
seq 1 50000 | tr '\n' ' ' | xargs -n 1 echo
head -c 200000 /dev/zero | tr '\0' ' ' | while read x; do echo; done
yes '\' | read x
x=1; while :; do eval "v$x=$x"; x=$((x+1)); done
case $(head -c 200000 /dev/zero | tr '\0' a) in *a*a*a*a*a*a*b) ;; esac
mkdir l; ln -s .. l/l; while :; do echo l/l/l/l/l/*/*/* > /dev/null; done
""".strip().splitlines()

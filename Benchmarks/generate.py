#!/usr/bin/env python3
"""Makes benchmark data of real shape: newline-delimited JSON, the same for the same shape, size and seed.

    generate.py SHAPE MEGABYTES FILE [--seed N]

README.md says what each shape imitates and what of it was compared with real data.
"""

import argparse
import itertools
import json
import random
import sys

HEX = "0123456789abcdef"


class Source:
    """Random values whose repetition is that of real data: few things are named often, many seldom (Zipf)."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        # Half of running text are some hundred words, the rest is a long tail.
        common = (
            "the of and to in is for that this it with as be on not are from by an was or can if at you we have will add fix "
            "update remove test tests use when all new file files error code method class version support merge branch pull "
            "request issue change changes default list value name type user data build make docs README master commit set "
            "get should does work need just more now only some other here there thanks please also because since after before "
            "string number option options config path page link image text line lines function module package install").split()
        syllables = "ka lo mi ten ra su ver on del ip tor al en qua res in po mar ti ne ca ser vo li pre com ing er".split()
        tail = {"".join(self.random.choices(syllables, k=self.random.randint(2, 4))) for _ in range(6000)}
        self.words = common + sorted(tail)
        self.word_weights = self.zipf(len(self.words), 1.0)
        self.second = 1357804710

    @staticmethod
    def zipf(count, exponent):
        return list(itertools.accumulate(1 / (rank + 3) ** exponent for rank in range(count)))

    def text(self, count):
        return self.random.choices(self.words, cum_weights=self.word_weights, k=count)

    def sentence(self, low, high):
        return " ".join(self.text(self.random.randint(low, high))).capitalize()

    def hex(self, count):
        return f"{self.random.getrandbits(count * 4):0{count}x}"

    def time(self, step=3):
        """Times of a log: each a little later than the one before."""
        self.second += self.random.randint(0, step)
        return iso(self.second)


def iso(second):
    days, rest = divmod(second, 86400)
    # Howard Hinnant's civil_from_days.
    days += 719468
    era, day = divmod(days, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day = day - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return f"{year + era * 400 + (month <= 2)}-{month:02}-{day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


# Events as GitHub's public API gives them


class Events:
    """Seven types of event, as often as in a page of the public timeline; actors and repositories recur."""

    def __init__(self, source):
        self.source, self.random = source, source.random
        self.actors = [self.actor() for _ in range(20000)]
        self.repos = [self.repo(self.actor_of(i)) for i in range(30000)]
        self.actor_weights = source.zipf(len(self.actors), 0.6)
        self.repo_weights = source.zipf(len(self.repos), 0.6)
        self.number = 1652857722
        kinds = [(13, self.push), (6, self.watch), (3, self.create), (3, self.fork), (2, self.comment), (2, self.wiki), (1, self.issue)]
        self.kinds = [kind for _, kind in kinds]
        self.kind_weights = list(itertools.accumulate(weight for weight, _ in kinds))

    def actor_of(self, index):
        return self.actors[index * 7919 % len(self.actors)]

    def actor(self):
        login = "".join(self.source.text(2))[:18].lower() + self.random.choice(["", "", str(self.random.randint(1, 999))])
        gravatar = self.source.hex(32)
        return {
            "gravatar_id": gravatar, "login": login,
            "avatar_url": f"https://secure.gravatar.com/avatar/{gravatar}?d=https://a248.e.akamai.net/assets.github.com%2Fimages"
                          "%2Fgravatars%2Fgravatar-user-420.png",
            "url": f"https://api.github.com/users/{login}", "id": self.random.randint(1, 3000000)}

    def user(self, actor):
        url = actor["url"]
        return {
            "url": url, "gists_url": url + "/gists{/gist_id}", "gravatar_id": actor["gravatar_id"], "type": "User",
            "avatar_url": actor["avatar_url"], "subscriptions_url": url + "/subscriptions",
            "received_events_url": url + "/received_events", "organizations_url": url + "/orgs", "repos_url": url + "/repos",
            "login": actor["login"], "id": actor["id"], "starred_url": url + "/starred{/owner}{/repo}",
            "events_url": url + "/events{/privacy}", "followers_url": url + "/followers", "following_url": url + "/following"}

    def repo(self, owner):
        name = f"{owner['login']}/{'-'.join(self.source.text(2))}"
        return {"url": f"https://api.github.com/repos/{name}", "id": self.random.randint(1, 8000000), "name": name}

    def some_actor(self):
        return self.random.choices(self.actors, cum_weights=self.actor_weights)[0]

    def record(self):
        actor = self.some_actor()
        repo = self.random.choices(self.repos, cum_weights=self.repo_weights)[0]
        kind = self.random.choices(self.kinds, cum_weights=self.kind_weights)[0]
        self.number += self.random.randint(1, 4)
        time = self.source.time()
        name, payload = kind(actor, repo, time)
        event = {
            "type": name, "created_at": time, "actor": actor, "repo": repo, "public": True, "payload": payload,
            "id": str(self.number)}
        if self.random.random() < 0.15:
            organization = self.some_actor()
            event["org"] = dict(organization, url=organization["url"].replace("/users/", "/orgs/"))
        return event

    def push(self, actor, repo, time):
        count = self.random.choices([1, 2, 3, 5, 8], cum_weights=[80, 91, 96, 99, 100])[0]
        commits = []
        for _ in range(count):
            sha = self.source.hex(40)
            message = self.source.sentence(3, 14)
            if self.random.random() < 0.2:
                message += "\n\n" + self.source.sentence(5, 30)
            author = actor if self.random.random() < 0.8 else self.some_actor()
            commits.append({
                "url": f"{repo['url']}/commits/{sha}", "message": message, "distinct": True, "sha": sha,
                "author": {"email": f"{author['login']}@example.com", "name": author["login"].capitalize()}})
        ref = "master" if self.random.random() < 0.8 else "-".join(self.source.text(2))
        return "PushEvent", {
            "commits": commits, "distinct_size": count, "ref": f"refs/heads/{ref}",
            "push_id": 134107894 + self.number - 1652857722, "head": commits[-1]["sha"], "before": self.source.hex(40),
            "size": count}

    def watch(self, actor, repo, time):
        return "WatchEvent", {"action": "started"}

    def create(self, actor, repo, time):
        kind = self.random.choice(["branch", "tag", "repository"])
        return "CreateEvent", {
            "description": self.source.sentence(2, 12) if self.random.random() < 0.8 else None, "master_branch": "master",
            "ref": None if kind == "repository" else "-".join(self.source.text(1)), "ref_type": kind}

    def fork(self, actor, repo, time):
        name = f"{actor['login']}/{repo['name'].split('/')[1]}"
        url, page = f"https://api.github.com/repos/{name}", f"https://github.com/{name}"
        plain = (
            "stargazers tags merges forks hooks languages downloads contributors subscribers subscription teams events "
            "deployments comments").split()
        forkee = {
            "description": self.source.sentence(3, 16), "fork": True, "url": url,
            "language": self.random.choice(["Ruby", "JavaScript", "Python", "C", "Java", None]),
            "clone_url": page + ".git", "full_name": name, "forks": 0, "private": False,
            "git_refs_url": url + "/git/refs{/sha}", "archive_url": url + "/{archive_format}{/ref}",
            "collaborators_url": url + "/collaborators{/collaborator}", "owner": self.user(actor),
            "trees_url": url + "/git/trees{/sha}", "labels_url": url + "/labels{/name}", "html_url": page,
            "pushed_at": iso(self.source.second - self.random.randint(100, 9000000)), "created_at": time,
            "has_issues": False, "size": self.random.randint(0, 40000), "id": self.random.randint(7000000, 8000000),
            "homepage": "" if self.random.random() < 0.7 else f"http://{actor['login']}.example.com/", "mirror_url": None,
            "has_downloads": True, "has_wiki": True, "open_issues": 0, "updated_at": time, "watchers": 0,
            "open_issues_count": 0, "forks_count": 0, "watchers_count": 0, "name": name.split("/")[1],
            "issues_url": url + "/issues{/number}", "keys_url": url + "/keys{/key_id}", "ssh_url": f"git@github.com:{name}.git",
            "git_url": f"git://github.com/{name}.git", "svn_url": page, "public": True}
        forkee.update({word + "_url": f"{url}/{word}" for word in plain})
        for word, rest in [
                ("compare", "compare/{base}...{head}"), ("contents", "contents/{+path}"), ("commits", "commits{/sha}"),
                ("git_commits", "git/commits{/sha}"), ("git_tags", "git/tags{/sha}"), ("blobs", "git/blobs{/sha}"),
                ("statuses", "statuses/{sha}"), ("milestones", "milestones{/number}"), ("branches", "branches{/branch}"),
                ("assignees", "assignees{/user}"), ("issue_events", "issues/events{/number}"), ("pulls", "pulls{/number}"),
                ("issue_comment", "issues/comments/{number}"), ("notifications", "notifications{?since,all,participating}")]:
            forkee[word + "_url"] = f"{url}/{rest}"
        return "ForkEvent", {"forkee": forkee}

    def issue_object(self, repo, time):
        number = self.random.randint(1, 900)
        url, page = f"{repo['url']}/issues/{number}", f"https://github.com/{repo['name']}/issues/{number}"
        labels = [
            {"url": f"{repo['url']}/labels/{name}", "name": name, "color": color}
            for name, color in [("bug", "e10c02"), ("enhancement", "02e10c"), ("question", "cc317c")]
            if self.random.random() < 0.15]
        return {
            "user": self.user(self.some_actor()), "url": url, "labels": labels, "html_url": page,
            "labels_url": url + "/labels{/name}",
            "pull_request": {"html_url": None, "patch_url": None, "diff_url": None},
            "created_at": iso(self.source.second - self.random.randint(100, 5000000)),
            "closed_at": time if self.random.random() < 0.3 else None, "milestone": None,
            "title": self.source.sentence(3, 10), "body": self.body(), "updated_at": time,
            "assignee": self.user(self.some_actor()) if self.random.random() < 0.3 else None,
            "comments": self.random.randint(0, 12), "events_url": url + "/events", "comments_url": url + "/comments",
            "number": number, "state": "open", "id": self.random.randint(9000000, 10000000)}

    def body(self):
        """Prose in paragraphs, sometimes with code."""
        parts = [self.source.sentence(8, 60) + "." for _ in range(self.random.randint(1, 6))]
        if self.random.random() < 0.5:
            code = "\r\n".join(f'    {name}("{value}")' for name, value in zip(self.source.text(9), self.source.text(9)))
            parts.insert(1, f"```\r\n{code}\r\n```")
        return "\r\n\r\n".join(parts)

    def issue(self, actor, repo, time):
        return "IssuesEvent", {"issue": self.issue_object(repo, time), "action": self.random.choice(["opened", "closed"])}

    def comment(self, actor, repo, time):
        number = self.random.randint(11000000, 13000000)
        return "IssueCommentEvent", {
            "issue": self.issue_object(repo, time), "action": "created",
            "comment": {
                "user": self.user(actor), "url": f"{repo['url']}/issues/comments/{number}", "created_at": time,
                "body": self.body(), "updated_at": time, "id": number}}

    def wiki(self, actor, repo, time):
        pages = []
        for _ in range(self.random.choice([1, 1, 1, 2])):
            title = self.source.sentence(1, 3)
            pages.append({
                "page_name": title.replace(" ", "-"), "html_url": f"https://github.com/{repo['name']}/wiki/{title.replace(' ', '-')}",
                "title": title, "sha": self.source.hex(40), "summary": None, "action": self.random.choice(["edited", "created"])})
        return "GollumEvent", {"pages": pages}


class Rows:
    """Narrow flat rows, such as the log of a shop's payments: 10 columns, 170 bytes."""

    def __init__(self, source):
        self.source, self.random = source, source.random
        self.customers = [source.hex(12) for _ in range(50000)]
        self.weights = source.zipf(len(self.customers), 0.7)
        self.number = 100000

    def record(self):
        self.number += 1
        amount = self.random.expovariate(1 / 4000)
        return {
            "id": self.number, "customer": self.random.choices(self.customers, cum_weights=self.weights)[0],
            "at": self.source.time(2), "amount": round(amount / 100, 2), "quantity": 1 + int(self.random.expovariate(1)),
            "currency": self.random.choices(["EUR", "USD", "GBP", "CHF"], cum_weights=[60, 85, 95, 100])[0],
            "status": self.random.choices(["paid", "open", "refunded"], cum_weights=[90, 97, 100])[0],
            "first": self.random.random() < 0.1, "coupon": self.source.text(1)[0] if self.random.random() < 0.1 else None,
            "channel": self.random.choice(["web", "app", "store"])}


class Children:
    """Orders with 5 to 40 small lines each, some of those with tags: two levels of child tables, twenty rows for one."""

    def __init__(self, source):
        self.source, self.random = source, source.random
        self.articles = [" ".join(source.text(2)) for _ in range(5000)]
        self.weights = source.zipf(len(self.articles), 0.8)
        self.number = 5000

    def record(self):
        self.number += 1
        lines = []
        for _ in range(self.random.randint(5, 40)):
            line = {
                "article": self.random.choices(self.articles, cum_weights=self.weights)[0],
                "quantity": 1 + int(self.random.expovariate(0.7)), "price": round(self.random.uniform(1, 200), 2)}
            if self.random.random() < 0.1:
                line["tags"] = self.source.text(self.random.randint(1, 3))
            lines.append(line)
        return {"number": self.number, "placed": self.source.time(60), "lines": lines}


class Text:
    """Long text: articles of 1 to 12 kB, line breaks and quotes escaped, here and there a letter beyond ASCII."""

    def __init__(self, source):
        self.source, self.random = source, source.random
        self.number = 0

    def record(self):
        self.number += 1
        paragraphs = []
        for _ in range(self.random.randint(2, 20)):
            paragraph = self.source.sentence(20, 150) + "."
            if self.random.random() < 0.2:
                paragraph = f'"{paragraph}" – {self.random.choice(["Müller", "Søren", "Łukasz", "Ann"])}'
            paragraphs.append(paragraph)
        return {
            "id": self.number, "published": self.source.time(600), "title": self.source.sentence(3, 9),
            "body": "\n\n".join(paragraphs)}


class Numbers:
    """Readings of sensors: a time, 4 integers, 12 reals with the digits that instruments give."""

    def __init__(self, source):
        self.source, self.random = source, source.random
        self.levels = [source.random.uniform(-50, 1000) for _ in range(12)]
        self.names = [f"channel_{index:02}" for index in range(12)]

    def record(self):
        for index in range(12):
            self.levels[index] += self.random.gauss(0, 0.5)
        record = {
            "at": self.source.time(1), "station": self.random.randint(1, 400), "cycle": self.source.second * 10,
            "status": self.random.choices([0, 1, 17], cum_weights=[95, 99, 100])[0], "pressure": 100000 + self.random.randint(-900, 900)}
        record.update((name, round(level, 4)) for name, level in zip(self.names, self.levels))
        return record


SHAPES = {"events": Events, "rows": Rows, "children": Children, "text": Text, "numbers": Numbers}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("megabytes", type=float)
    parser.add_argument("file")
    parser.add_argument("--seed", type=int, default=20130110)
    options = parser.parse_args()
    shape = SHAPES[options.shape](Source(options.seed))
    wanted, written = options.megabytes * 1e6, 0
    encode = json.JSONEncoder(ensure_ascii=options.shape != "text", separators=(",", ":")).encode
    with sys.stdout if options.file == "-" else open(options.file, "w", encoding="utf-8") as output:
        while written < wanted:
            line = encode(shape.record()) + "\n"
            written += len(line)
            output.write(line)


if __name__ == "__main__":
    main()

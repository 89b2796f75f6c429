using System.Text;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>The part of <c>RESTORE.md</c> on folders with files.</summary>
internal static class FilesGuide
{
    public static void Write(StringBuilder page, ComponentFacts facts, FilesFacts files, IReadOnlyList<BackupArtifact> artifacts)
    {
        page.Append($"\n## {facts.Component} (files / fichiers)\n\n");
        page.Append("GNU tar. As root owners come back too. The files go into the folder `restored` here; move them to their place when you are satisfied.\n");
        page.Append("*GNU tar. En tant que root les propriétaires sont rétablis aussi. Les fichiers vont dans le dossier `restored` ; déplacez-les une fois vérifiés.*\n");
        foreach (FolderFacts folder in files.Folders)
        {
            string place = $"restored/{folder.Archive[..^".tar".Length]}";
            page.Append($"\n{OneLine(folder.Path)}: {folder.Files} files / *fichiers*, {folder.Bytes} bytes / *octets*.\n\n```sh\nmkdir -p {RestoreGuide.Shell(place)}\n");
            foreach (var artifact in artifacts.Where(a => ComponentSet.IsNamed(a, folder.Archive)))
            {
                page.Append($"{RestoreGuide.Plain(artifact)} | LC_ALL=C {GnuTar.Program} --extract --preserve-permissions --numeric-owner --acls --xattrs --directory={RestoreGuide.Shell(place)} --file=-\n");
            }

            page.Append("```\n");
        }
    }

    private static string OneLine(string path) => $"`{path.Replace('`', '\'').ReplaceLineEndings(" ")}`";
}
